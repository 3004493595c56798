import type { Resource } from '../functions/model/declaration.ts'
import type { Route } from '../functions/model/route.ts'
import { resources, routes } from '../functions/routes/registry.ts'
import { bundlePath } from './bundle.ts'
import { extend } from './extend.ts'
import type { Parts } from './parts.ts'
import type { Stage } from './stages.ts'

/** What a stack is made of: all that is declared, and where the bundle of each function lies. */
export interface Product {
  readonly resources: readonly Resource[]
  readonly routes: readonly Route[]
  readonly bundleOf: (functionName: string) => string
  /** What the product adds to the stack. */
  readonly extend: (parts: Parts) => void
}

export const declared: Product = { resources, routes, bundleOf: bundlePath, extend }

/** What a stage serves: one that sends no mail has no routes that need it. */
export function productOf(product: Product, { mailFrom }: Stage): Product {
  if (mailFrom !== '') return product
  return { ...product, routes: product.routes.filter(({ mail }) => !mail) }
}

/** The functions that a stage has. */
export function servingNames(names: readonly string[], { mailFrom }: Stage): readonly string[] {
  return mailFrom === '' ? names.filter((name) => name !== 'email' && name !== 'mailer') : names
}
