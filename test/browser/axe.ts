import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe-core finds serious or worse in the page as it is now, by rule and place. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // The page's policy lets no script in: this one comes over the debugging protocol.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(),
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`),
    )
}
