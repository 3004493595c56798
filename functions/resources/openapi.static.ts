import { openapiDocument } from './openapi.ts'

/** The OpenAPI document as JSON; made when the functions are bundled, so that they hold no more. */
export const openapi: string = JSON.stringify(openapiDocument())
