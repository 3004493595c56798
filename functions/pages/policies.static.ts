import { buildPage, type PageName, pageNames } from './build.ts'

/** The Content-Security-Policy of each page; evaluated when the functions are bundled. */
export const policies = Object.fromEntries(
  await Promise.all(pageNames.map(async (name) => [name, (await buildPage(name)).policy])),
) as Readonly<Record<PageName, string>>
