import { create, list, read } from 'store'

/** The least that is possible: no framework, and nothing is checked. */
export async function handler(event) {
  if (event.httpMethod === 'POST')
    return { statusCode: 201, body: JSON.stringify(await create(JSON.parse(event.body))) }
  const id = event.pathParameters?.id
  return { statusCode: 200, body: JSON.stringify(id ? await read(id) : { items: await list(25) }) }
}
