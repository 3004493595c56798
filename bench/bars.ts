import type { Figure } from './rounds.ts'

/** Whose a bar is: what cannot be beaten, ours, or somebody else's. */
export type Kind = 'floor' | 'ours' | 'peer'

export interface Bar extends Figure {
  readonly label: string
  readonly kind: Kind
  /** A second value that lies beyond the first, drawn lighter. */
  readonly beyond?: number | undefined
  readonly note?: string
}

export interface Panel {
  readonly title: string
  readonly bars: readonly Bar[]
}

interface Chart {
  readonly title: string
  readonly subtitle: string
  readonly unit: string
  readonly panels: readonly Panel[]
}

const width = 880
const labels = 290
const row = 26
const bar = 16
/** What is left for the values beside the bars. */
const margin = 150
const colours: Record<Kind, string> = { floor: '#9aa5b1', ours: '#0b7a75', peer: '#5b7db1' }

/** Horizontal bars, panel after panel, each with a scale of its own; a line spans the quartiles. */
export function barChart({ title, subtitle, unit, panels }: Chart): string {
  let y = 84
  const parts: string[] = []
  for (const panel of panels) {
    parts.push(text(24, y, panel.title, { weight: 600, size: 14 }))
    y += 12
    const most = Math.max(...panel.bars.map(({ high, beyond = 0 }) => Math.max(high, beyond)))
    const scale = (value: number) => (value / most) * (width - labels - margin)
    for (const one of panel.bars) {
      parts.push(...drawn(one, y, scale, unit))
      y += row
    }
    y += 30
  }
  return page(title, subtitle, y - 12, parts)
}

function drawn(one: Bar, y: number, scale: (value: number) => number, unit: string): string[] {
  const { label, kind, median, low, high, beyond, note } = one
  const middle = y + row / 2
  const end = labels + scale(Math.max(high, beyond ?? 0)) + 8
  const value = `${format(median)}${beyond ? ` → ${format(beyond)}` : ''} ${unit}`
  return [
    text(labels - 10, middle + 4, label, { anchor: 'end', weight: kind === 'ours' ? 700 : 400 }),
    ...(beyond ? [rectangle(labels, middle - bar / 2, scale(beyond), colours[kind], 0.35)] : []),
    rectangle(labels, middle - bar / 2, scale(median), colours[kind]),
    line(labels + scale(low), middle, labels + scale(high), middle, '#1f2933', 1.5),
    text(end, middle + 4, value + (note ? ` · ${note}` : ''), { size: 12 }),
  ]
}

/** Titled, on white, so that it can be read on any page. */
export function page(
  title: string,
  subtitle: string,
  height: number,
  parts: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-sans-serif, system-ui, -apple-system, 'Segoe UI', sans-serif" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#ffffff" stroke="#d9dee4"/>`,
    text(24, 32, title, { size: 17, weight: 700 }),
    text(24, 52, subtitle, { size: 12.5, colour: '#52606d' }),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

interface Style {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly size?: number
  readonly weight?: number
  readonly colour?: string
}

export function text(x: number, y: number, content: string, style: Style = {}): string {
  const { anchor = 'start', size = 13, weight = 400, colour = '#1f2933' } = style
  return `<text x="${place(x)}" y="${place(y)}" font-size="${size}" font-weight="${weight}" fill="${colour}" text-anchor="${anchor}">${escaped(content)}</text>`
}

export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  colour: string,
  thickness = 1,
): string {
  return `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}" stroke="${colour}" stroke-width="${thickness}"/>`
}

function rectangle(x: number, y: number, length: number, colour: string, opacity = 1): string {
  return `<rect x="${place(x)}" y="${place(y)}" width="${place(Math.max(length, 1))}" height="${bar}" rx="2" fill="${colour}" fill-opacity="${opacity}"/>`
}

function place(value: number): number {
  return Math.round(value * 10) / 10
}

export function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(value)
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
