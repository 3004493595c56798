import type { Resource } from '../functions/model/declaration.ts'
import type { Route } from '../functions/model/route.ts'
import { resources, routes } from '../functions/routes/registry.ts'
import { bundlePath } from './bundle.ts'
import { extend, type Parts } from './extend.ts'

/** What a stack is made of: all that is declared, and where the bundle of each function lies. */
export interface Product {
  readonly resources: readonly Resource[]
  readonly routes: readonly Route[]
  readonly bundleOf: (functionName: string) => string
  /** What the product adds to the stack. */
  readonly extend: (parts: Parts) => void
}

export const declared: Product = { resources, routes, bundleOf: bundlePath, extend }
