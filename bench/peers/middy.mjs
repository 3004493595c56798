import middy from '@middy/core'
import cors from '@middy/http-cors'
import errorHandler from '@middy/http-error-handler'
import eventNormalizer from '@middy/http-event-normalizer'
import headerNormalizer from '@middy/http-header-normalizer'
import jsonBodyParser from '@middy/http-json-body-parser'
import securityHeaders from '@middy/http-security-headers'
import { create, list, read } from 'store'
import { page, pupil } from './schema.mjs'

function answer(statusCode, body) {
  return { statusCode, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
}

async function pupils(event) {
  if (event.httpMethod === 'POST') {
    const body = pupil.safeParse(event.body)
    return body.success ? answer(201, await create(body.data)) : answer(422, body.error.issues)
  }
  if (event.pathParameters?.id) return answer(200, await read(event.pathParameters.id))
  const query = page.safeParse(event.queryStringParameters)
  if (!query.success) return answer(400, query.error.issues)
  return answer(200, { items: await list(query.data.limit) })
}

/** middy with its six usual HTTP middlewares, and without a timer for an early timeout. */
export const handler = middy({ timeoutEarlyInMillis: 0 })
  .use(headerNormalizer())
  .use(eventNormalizer())
  .use(jsonBodyParser({ disableContentTypeError: true }))
  .use(securityHeaders())
  .use(cors())
  .use(errorHandler())
  .handler(pupils)
