import { element } from '../element.ts'
import { type Parameter, resolve, type Schema } from './document.ts'
import { inputName } from './request.ts'
import { exampleOf } from './schema.ts'

export function parameterInput(parameter: Parameter): HTMLElement {
  const { in: place, required = false, schema } = parameter
  const name = inputName(parameter)
  const { type, enum: choices = type === 'boolean' ? [true, false] : undefined } = resolve(schema)
  const input = choices
    ? element(
        'select',
        { name, required },
        element('option', { value: '' }),
        ...choices.map((choice) => element('option', {}, String(choice))),
      )
    : element('input', {
        name,
        required,
        autocomplete: 'off',
        autocapitalize: 'off',
        spellcheck: 'false',
        inputmode: type === 'integer' ? 'numeric' : undefined,
      })
  return element('label', { class: place }, element('span', {}, parameter.name), input)
}

export function bodyInput(schema: Schema): HTMLElement {
  const text = JSON.stringify(exampleOf(schema), null, 2)
  const rows = Math.min(16, Math.max(4, text.split('\n').length + 1))
  const attributes = { id: 'body', name: 'body', rows, spellcheck: 'false', autocapitalize: 'off' }
  const input = element('textarea', attributes, text)
  return element('div', { class: 'body' }, element('label', { for: 'body' }, 'Body'), input)
}
