import { cognito, type Item, type Price, prices, type Usage } from './prices.ts'

export interface Line extends Price {
  readonly quantity: number
  /** What the quantity costs, US dollars. */
  readonly sum: number
}

/** What a usage costs, part by part, in the order of the price list. */
export function bill(usage: Usage): Line[] {
  return Object.entries(prices).flatMap(([item, price]) => {
    const quantity = usage[item as Item] ?? 0
    return quantity === 0 ? [] : [{ ...price, quantity, sum: (quantity / price.per) * price.usd }]
  })
}

export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.sum, 0)
}

/** What Cognito costs for the same users, by plan. */
export function cognitoBill(users: number): { plan: string; sum: number }[] {
  return cognito.map(({ plan, usd, free }) => ({ plan, sum: Math.max(0, users - free) * usd }))
}
