import { element } from './element.ts'

export interface Field {
  /** A field without a name is shown, but is not among the values. */
  readonly name?: string
  readonly label: string
  /** Further attributes of the input. */
  readonly input?: Readonly<Record<string, string | boolean>>
}

export interface Action {
  readonly label: string
  /** Its error's message is shown under the fields, and what was typed stays. */
  run(values: Readonly<Record<string, string>>): Promise<void>
}

/** A form whose first button is its main one. The browser itself never submits it anywhere. */
export function form(fields: readonly Field[], actions: readonly Action[]): HTMLFormElement {
  const fault = element('p', { role: 'alert', class: 'fault' })
  const buttons = actions.map(({ label }, index) =>
    element('button', { value: index, class: index === 0 ? 'main' : 'other' }, label),
  )
  const made = element(
    'form',
    { method: 'post', submit },
    ...fields.map(({ name, label, input }) =>
      element(
        'label',
        {},
        element('span', {}, label),
        element('input', { name, required: true, ...input }),
      ),
    ),
    fault,
    element('div', { class: 'actions' }, ...buttons),
  )
  return made

  async function submit(event: Event) {
    event.preventDefault()
    const { submitter } = event as SubmitEvent
    const action = actions[Number((submitter as HTMLButtonElement | null)?.value ?? 0)]
    const values = Object.fromEntries(new FormData(made)) as Record<string, string>
    fault.textContent = ''
    for (const button of buttons) button.disabled = true
    try {
      await action?.run(values)
    } catch (error) {
      fault.textContent = (error as Error).message
    } finally {
      for (const button of buttons) button.disabled = false
    }
  }
}
