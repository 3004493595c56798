import type { Alarm, Line, Widget } from './definition.ts'

/** A line of a widget with a value a period; undefined where there was nothing. */
export interface Drawn extends Line {
  readonly values: readonly (number | undefined)[]
}

const column = 50
const row = 40
const legendLines = 3
const colours = [
  '#1f77b4',
  '#ff7f0e',
  '#2ca02c',
  '#d62728',
  '#9467bd',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
  '#17becf',
]

/** The dashboard as a picture, as wide as its 24 columns. `hours` is what the time axis spans. */
export function render(
  widgets: readonly Widget[],
  drawn: (lines: readonly Line[]) => readonly Drawn[],
  hours: number,
): string {
  const height = Math.max(...widgets.map(({ y, height }) => y + height)) * row
  const parts = widgets.map((widget) => {
    const { x, y, width, height, title } = widget
    const [w, h] = [width * column - 10, height * row - 10]
    const frame = `<rect width="${w}" height="${h}" rx="4" fill="#fff" stroke="#d5dbdb"/>`
    const heading = label(12, 20, title, 'font-size="13" font-weight="600"')
    const inner =
      widget.alarms.length > 0
        ? alarmList(widget.alarms, drawn, w)
        : graph(widget, drawn(widget.lines), w, h, hours)
    return `<g transform="translate(${x * column + 5},${y * row + 5})">${frame}${heading}${inner}</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${24 * column} ${height}" role="img" font-family="sans-serif" font-size="10" fill="#16191f">
<title>The dashboard, over ${hours} hours</title>
<rect width="100%" height="100%" fill="#f2f3f3"/>
${parts.join('\n')}
</svg>
`
}

function alarmList(
  alarms: readonly Alarm[],
  drawn: (lines: readonly Line[]) => readonly Drawn[],
  width: number,
): string {
  const columns = 5
  return alarms
    .map(({ name, from, line }, index) => {
      const x = 12 + (index % columns) * ((width - 24) / columns)
      const y = 44 + Math.floor(index / columns) * 26
      const last = line && drawn([line])[0]?.values.at(-1)
      const colour = (last ?? 0) >= from ? '#d13212' : '#1d8102'
      return `<circle cx="${x + 6}" cy="${y}" r="5" fill="${colour}"/>${label(x + 18, y + 4, name)}`
    })
    .join('')
}

function graph(
  widget: Widget,
  lines: readonly Drawn[],
  width: number,
  height: number,
  hours: number,
): string {
  // What never happened has no line; its name would only be in the way.
  const seen = lines.filter(({ values }) => values.some((value) => value))
  const area = { x: 44, y: 34, w: width - 88, h: height - 60 - legendLines * 13 }
  const stacked = widget.stacked ? stack(seen) : seen
  const scale = (axis: Line['axis']) => niceMaximum(stacked.filter((line) => line.axis === axis))
  const top = { left: scale('left'), right: scale('right') }
  const bottom = area.y + area.h
  const drawn = stacked.map((line, index) => {
    const points = line.values.map((value, at) => {
      const x = area.x + (at / Math.max(line.values.length - 1, 1)) * area.w
      const y = bottom - ((value ?? 0) / top[line.axis]) * area.h
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    const colour = colours[index % colours.length]
    const ends = `${area.x + area.w},${bottom} ${area.x},${bottom}`
    return widget.stacked
      ? `<polygon points="${points.join(' ')} ${ends}" fill="${colour}"/>`
      : `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`
  })
  // The highest stack lies at the back.
  if (widget.stacked) drawn.reverse()
  const hasRight = seen.some(({ axis }) => axis === 'right')
  return [
    axes(area, top.left, hasRight ? top.right : undefined, hours),
    ...drawn,
    legend(seen, area.y + area.h + 30, width),
  ].join('')
}

/** Each line on top of those before it. */
function stack(lines: readonly Drawn[]): Drawn[] {
  let below: readonly number[] = []
  return lines.map((line) => {
    const values = line.values.map((value, index) => (value ?? 0) + (below[index] ?? 0))
    below = values
    return { ...line, values }
  })
}

/** The next of 1, 2, 5, 10, 20 … that holds every value. */
function niceMaximum(lines: readonly Drawn[]): number {
  const highest = Math.max(1, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const power = 10 ** Math.floor(Math.log10(highest))
  return (([1, 2, 5, 10].find((step) => step * power >= highest) ?? 10) as number) * power
}

interface Area {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

function axes(
  { x, y, w, h }: Area,
  left: number,
  right: number | undefined,
  hours: number,
): string {
  const steps = [0, 0.5, 1]
  const horizontal = steps.map((step) => {
    const at = y + h - step * h
    const grid = `<line x1="${x}" x2="${x + w}" y1="${at}" y2="${at}" stroke="#eaeded"/>`
    const leftLabel = label(x - 6, at + 3, short(left * step), 'text-anchor="end" fill="#545b64"')
    const rightLabel =
      right === undefined ? '' : label(x + w + 6, at + 3, short(right * step), 'fill="#545b64"')
    return grid + leftLabel + rightLabel
  })
  const times = Array.from({ length: hours + 1 }, (_, hour) => {
    const text = hour === hours ? 'now' : `−${hours - hour} h`
    return label(x + (hour / hours) * w, y + h + 14, text, 'text-anchor="middle" fill="#545b64"')
  })
  return [...horizontal, ...times].join('')
}

function short(value: number): string {
  return value >= 10_000 ? `${value / 1000}k` : String(Number(value.toFixed(2)))
}

function legend(lines: readonly Drawn[], top: number, width: number): string {
  let [x, y] = [12, top]
  const entries = lines.map(({ label: text }, index) => {
    const needed = 26 + text.length * 6.4
    if (x + needed > width && x > 12) [x, y] = [12, y + 13]
    const colour = colours[index % colours.length]
    const entry = `<rect x="${x}" y="${y - 7}" width="8" height="8" fill="${colour}"/>${label(x + 12, y, text)}`
    x += needed
    return y < top + legendLines * 13 ? entry : ''
  })
  return entries.join('')
}

function label(x: number, y: number, text: string, attributes = ''): string {
  const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped}</text>`
}
