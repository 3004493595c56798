import { format, line, page, text } from './bars.ts'

interface Series {
  readonly label: string
  /** One for each place on the axis. */
  readonly values: readonly number[]
}

interface Chart {
  readonly title: string
  readonly subtitle: string
  readonly unit: string
  /** Names of the places on the axis. */
  readonly axis: readonly string[]
  readonly panels: readonly { readonly title: string; readonly series: readonly Series[] }[]
}

const colours = ['#0b7a75', '#5b7db1', '#c05621', '#6b46c1', '#9aa5b1', '#b7791f', '#2f855a']
const left = 70
const panelWidth = 400
const height = 260
const legendRow = 18

/** Lines over a common axis, panels side by side. */
export function lineChart({ title, subtitle, unit, axis, panels }: Chart): string {
  const legend = Math.max(...panels.map(({ series }) => series.length)) * legendRow
  const top = 100
  const parts = panels.flatMap((panel, index) => {
    const x = index * panelWidth + left
    const most = Math.max(...panel.series.flatMap(({ values }) => values)) * 1.08
    const across = (place: number) =>
      x + (place / Math.max(axis.length - 1, 1)) * (panelWidth - 110)
    const up = (value: number) => top + height - (value / most) * height
    const ticks = [0, most / 1.08 / 2, most / 1.08]
    return [
      text(x, top - 16, panel.title, { weight: 600, size: 14 }),
      ...ticks.flatMap((tick) => [
        line(x, up(tick), x + panelWidth - 110, up(tick), '#e4e7eb'),
        text(x - 8, up(tick) + 4, format(tick), { anchor: 'end', size: 11, colour: '#52606d' }),
      ]),
      ...axis.map((name, place) =>
        text(across(place), top + height + 18, name, {
          anchor: 'middle',
          size: 11,
          colour: '#52606d',
        }),
      ),
      ...panel.series.flatMap(({ label, values }, number) => {
        const colour = colours[number % colours.length] ?? '#000000'
        const points = values.map((value, place) => `${across(place)},${up(value)}`).join(' ')
        const y = top + height + 44 + number * legendRow
        return [
          `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2.5"/>`,
          ...values.map(
            (value, place) =>
              `<circle cx="${across(place)}" cy="${up(value)}" r="3" fill="${colour}"/>`,
          ),
          line(x, y - 4, x + 18, y - 4, colour, 3),
          text(x + 26, y, `${label}: ${format(values.at(-1) ?? 0)} ${unit}`, { size: 12 }),
        ]
      }),
    ]
  })
  return page(title, subtitle, top + height + 44 + legend + 8, parts)
}
