import { buildPage, type PageName, pageNames } from './build.ts'

/** The Content-Security-Policy of each page; evaluated when the functions are bundled. */
export const policies = Object.fromEntries(
  pageNames.map((name) => [name, buildPage(name).policy]),
) as Readonly<Record<PageName, string>>
