/**
 * What single-line text is made of, as character classes: the check and the JSON Schema are made of
 * the same ones. A test compares them with Unicode's properties.
 */

/** Control characters, and the two that break a line (UAX #14). */
const breaking = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029'

/** White space, and what is rendered as nothing (UAX #44 Default_Ignorable_Code_Point, U+2800). */
const invisible = [
  ' \\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000',
  '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e',
  '\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8',
  `${String.fromCodePoint(0x1bca0)}-${String.fromCodePoint(0x1bca3)}`,
  `${String.fromCodePoint(0x1d173)}-${String.fromCodePoint(0x1d17a)}`,
  `${String.fromCodePoint(0xe0000)}-${String.fromCodePoint(0xe0fff)}`,
  '\\u2800',
].join('')

export const breakingCharacter = new RegExp(`[${breaking}]`, 'u')
export const visibleCharacter = new RegExp(`[^${breaking}${invisible}]`, 'u')

/** A line as JSON Schema describes it (ECMA-262, `u`). */
export const linePattern = `^[^${breaking}]*[^${breaking}${invisible}][^${breaking}]*$`

const atext = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'

/** A dot-atom of RFC 5322 section 3.2.3, and two or more labels of RFC 1123 section 2.1. */
export const emailPattern = `^(?=[^@]{1,64}@)${atext}(?:\\.${atext})*@${label}(?:\\.${label})+$`
