import { gzipSync } from 'node:zlib'
import { openapiDocument } from './openapi.ts'

/**
 * The OpenAPI document as JSON, compressed (gzip, base64). Made when the functions are bundled, so
 * that they do not hold what makes it.
 */
export const openapi: string = gzipSync(JSON.stringify(openapiDocument())).toString('base64')
