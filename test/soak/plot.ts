interface Series {
  readonly name: string
  readonly colour: string
  readonly values: readonly number[]
}

export interface Panel {
  readonly title: string
  readonly series: readonly Series[]
}

const width = 900
const panelHeight = 190
const area = { x: 60, y: 40, w: width - 90, h: panelHeight - 70 }

/** Panels one above the other, each over the same seconds. */
export function plot(title: string, panels: readonly Panel[], seconds: number): string {
  const height = panels.length * panelHeight + 50
  const drawn = panels.map(
    (panel, index) =>
      `<g transform="translate(0,${40 + index * panelHeight})">${draw(panel, seconds)}</g>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="11" fill="#16191f">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${area.x}" y="26" font-size="15" font-weight="600">${title}</text>
${drawn.join('\n')}
</svg>
`
}

function draw({ title, series }: Panel, seconds: number): string {
  const top = niceMaximum(Math.max(...series.flatMap(({ values }) => values)))
  const lines = series.map(({ colour, values }) => {
    const points = values.map((value, index) => {
      const x = area.x + (index / Math.max(values.length - 1, 1)) * area.w
      return `${x.toFixed(1)},${(area.y + area.h * (1 - value / top)).toFixed(1)}`
    })
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`
  })
  const names = series.map(
    ({ name, colour }, index) =>
      `<text x="${area.x + 240 + index * 110}" y="26" fill="${colour}">${name}</text>`,
  )
  return [
    `<text x="${area.x}" y="26" font-weight="600">${title}</text>`,
    ...names,
    ...[0, 0.5, 1].map((step) => grid(step, top)),
    ...[0, 0.25, 0.5, 0.75, 1].map((step) => tick(step, seconds)),
    ...lines,
  ].join('')
}

function grid(step: number, top: number): string {
  const y = area.y + area.h * (1 - step)
  return `<line x1="${area.x}" x2="${area.x + area.w}" y1="${y}" y2="${y}" stroke="#e1e4e8"/><text x="${area.x - 8}" y="${y + 4}" text-anchor="end" fill="#545b64">${Number((top * step).toFixed(1))}</text>`
}

function tick(step: number, seconds: number): string {
  return `<text x="${area.x + step * area.w}" y="${area.y + area.h + 18}" text-anchor="middle" fill="#545b64">${Math.round(step * seconds)} s</text>`
}

/** The next of 1, 2, 5, 10, 20 … that is as high. */
function niceMaximum(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(highest, 1)))
  return ([1, 2, 5, 10].find((step) => step * power >= highest) ?? 10) * power
}
