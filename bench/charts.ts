import { parse, textMetrics, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/**
 * Charts as SVG, by Vega-Lite and without a browser: as wide as a README on GitHub, on the page's
 * own background, in colours that can be read on white and on black.
 */
const width = 868
const colours = {
  ours: '#12897f',
  peer: '#6f88b5',
  floor: '#8c959f',
  lines: ['#12897f', '#c8672a', '#6f88b5', '#a1689e', '#8f7f1f', '#8c959f', '#cf4c56'],
}
const look =
  '<style>:root{color:#1f2328}@media(prefers-color-scheme:dark){:root{color:#e6edf3}}</style>'

const config = {
  aria: false,
  font: "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', sans-serif",
  padding: 8,
  concat: { spacing: 24 },
  view: { stroke: null },
  title: {
    anchor: 'start',
    frame: 'group',
    color: 'currentColor',
    subtitleColor: 'currentColor',
    fontSize: 13,
    subtitleFontSize: 12,
    subtitlePadding: 6,
    offset: 12,
  },
  text: { fontSize: 12 },
  axis: {
    labelColor: 'currentColor',
    labelFontSize: 12,
    labelPadding: 8,
    titleColor: 'currentColor',
    titleFontSize: 12,
    titleFontWeight: 'normal',
    domain: false,
    ticks: false,
    gridColor: 'currentColor',
    gridOpacity: 0.15,
  },
} as const

declare module 'vega' {
  // Exported, but missing from its types.
  const textMetrics: {
    width(item: { readonly fontSize?: number }, text: unknown): number
  }
}

/** Without a browser nobody knows the font; the usual guess of 0.8 em makes the pictures too wide. */
textMetrics.width = ({ fontSize = 12 }, text) => String(text ?? '').length * fontSize * 0.58

export interface Bar {
  readonly label: string
  /** Follows the value. */
  readonly note?: string
  readonly value: number
  /** The quartiles. */
  readonly low: number
  readonly high: number
  readonly kind: 'ours' | 'peer' | 'floor'
}

export interface Line {
  readonly label: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

interface Chart<Panel> {
  readonly title: string
  readonly subtitle: readonly string[]
  /** One below the other, each with a scale of its own. */
  readonly panels: readonly Panel[]
}

/** Horizontal bars from zero, with their values, and a line over the quartiles. */
export function barChart(
  { title, subtitle, panels }: Chart<{ readonly title: string; readonly bars: readonly Bar[] }>,
  unit: string,
): Promise<string> {
  const labels = 200
  return render({
    ...heading(title, subtitle),
    vconcat: panels.map((panel) => ({
      title: panel.title,
      width: width - labels - 16,
      height: { step: 24 },
      data: {
        values: panel.bars.map((bar) => ({
          ...bar,
          text: [`${number(bar.value)} ${unit}`, bar.note].filter(Boolean).join(', '),
        })),
      },
      encoding: {
        y: {
          field: 'label',
          type: 'nominal',
          sort: null,
          axis: { title: null, labelLimit: 0 },
        },
        // The values need room.
        x: {
          type: 'quantitative',
          axis: null,
          scale: { domainMax: Math.max(...panel.bars.map(({ high }) => high)) * 1.35 },
        },
      },
      layer: [
        {
          mark: { type: 'bar', height: 15, cornerRadiusEnd: 2 },
          encoding: {
            x: { field: 'value' },
            color: {
              field: 'kind',
              scale: {
                domain: ['ours', 'peer', 'floor'],
                range: [colours.ours, colours.peer, colours.floor],
              },
              legend: null,
            },
          },
        },
        {
          mark: { type: 'rule', color: 'currentColor', strokeWidth: 1.5 },
          encoding: { x: { field: 'low' }, x2: { field: 'high' } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 8, color: 'currentColor' },
          encoding: { x: { field: 'high' }, text: { field: 'text' } },
        },
      ],
    })),
  })
}

interface LinePanel {
  readonly title: string
  readonly lines: readonly Line[]
}

/** Lines, each with its name at its right end. */
export function lineChart(
  { title, subtitle, panels }: Chart<LinePanel>,
  x: { readonly title: string; readonly logarithmic?: boolean },
): Promise<string> {
  const names = 170
  return render({
    ...heading(title, subtitle),
    vconcat: panels.map((panel) => ({
      title: panel.title,
      width: width - names - 60,
      height: x.logarithmic ? 320 : 160,
      data: {
        values: panel.lines.flatMap(({ label, points }) =>
          points.map((point, index) => ({
            ...point,
            label,
            text: index === points.length - 1 ? label : '',
          })),
        ),
      },
      encoding: {
        x: {
          field: 'x',
          type: 'quantitative',
          title: x.title,
          scale: { type: x.logarithmic ? 'log' : 'linear', nice: false },
          axis: { grid: false, ...(x.logarithmic ? { values: places(panel) } : { tickCount: 5 }) },
        },
        y: {
          field: 'y',
          type: 'quantitative',
          title: null,
          axis: { tickCount: 4 },
        },
        color: {
          field: 'label',
          sort: null,
          scale: { range: colours.lines },
          legend: null,
        },
      },
      layer: [
        { mark: { type: 'line', strokeWidth: 2, point: Boolean(x.logarithmic) } },
        {
          mark: { type: 'text', align: 'left', dx: 8 },
          encoding: { text: { field: 'text' } },
        },
      ],
    })),
    resolve: { scale: { color: 'independent' } },
  })
}

function places({ lines }: LinePanel): number[] {
  return [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))]
}

function heading(title: string, subtitle: readonly string[]) {
  return {
    title: { text: title, subtitle: [...subtitle], frame: 'bounds', fontSize: 16 },
    background: 'transparent',
    config,
  }
}

async function render(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  const height = Math.ceil(Number(/ height="([\d.]+)"/.exec(svg)?.[1]))
  const start = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`
  return `${svg.replace(/<svg [^>]*>/, start + look)}\n`
}

/** With separators: 1,130. */
export function number(value: number): string {
  return value.toLocaleString('en-US')
}
