/** One thing that is measured. */
export interface Subject {
  readonly name: string
  /** Measures once. */
  readonly measure: () => Promise<number>
}

/** The figures of a subject over all rounds. */
export interface Figure {
  readonly median: number
  /** The quartiles: half of the rounds lie between them. */
  readonly low: number
  readonly high: number
}

export type Figures = Readonly<Record<string, Figure>>

/**
 * Measures every subject once in each round, so that whatever else happens on the machine affects
 * all of them alike. Each round begins with another subject.
 */
export async function interleaved(
  title: string,
  subjects: readonly Subject[],
  rounds: number,
): Promise<Figures> {
  const measured = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    progress(`${title}: round ${round + 1} of ${rounds}`)
    for (let turn = 0; turn < subjects.length; turn++) {
      const subject = subjects[(turn + round) % subjects.length]
      if (subject) measured.get(subject.name)?.push(await subject.measure())
    }
  }
  progress()
  return Object.fromEntries([...measured].map(([name, values]) => [name, figure(values)]))
}

/** The median of values, and their quartiles. */
export function figure(values: readonly number[]): Figure {
  const sorted = [...values].sort((left, right) => left - right)
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => rounded(quantile(sorted, part)))
  return { median: median ?? 0, low: low ?? 0, high: high ?? 0 }
}

function quantile(sorted: readonly number[], part: number): number {
  const place = (sorted.length - 1) * part
  const [below = 0, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (above - below) * (place - Math.floor(place))
}

/** Three significant digits: the measurements are not more exact. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** The ratio of two medians. */
export function ratio(figures: Figures, name: string, to: string): number {
  return rounded((figures[name]?.median ?? Number.NaN) / (figures[to]?.median ?? Number.NaN))
}

/** Shows what is being done; on a terminal always on the same line. */
export function progress(text = ''): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else if (text) process.stderr.write(`${text}\n`)
}
