import { createPublicKey } from 'node:crypto'
import express from 'express'
import jwt from 'jsonwebtoken'
import serverless from 'serverless-http'
import { create, list, read, signedIn } from 'store'
import { page, pupil } from './schema.mjs'

const { TOKEN_KEY, TOKEN_ISSUER, TOKEN_AUDIENCE } = process.env
const app = express()
app.use(express.json())
if (TOKEN_KEY) {
  const key = createPublicKey({ key: JSON.parse(TOKEN_KEY), format: 'jwk' })
  const options = { algorithms: ['ES256'], issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE }
  app.use(async (request, response, next) => {
    try {
      const claims = jwt.verify(request.get('authorization').slice(7), key, options)
      if (await signedIn(claims)) return next()
    } catch {}
    response.status(401).json({ error: 'unauthorized' })
  })
}
app.get('/api/v1/pupils', async (request, response) => {
  const query = page.safeParse(request.query)
  if (!query.success) return response.status(400).json(query.error.issues)
  response.json({ items: await list(query.data.limit) })
})
app.get('/api/v1/pupils/:id', async (request, response) => {
  response.json(await read(request.params.id))
})
app.post('/api/v1/pupils', async (request, response) => {
  const body = pupil.safeParse(request.body)
  if (!body.success) return response.status(422).json(body.error.issues)
  response.status(201).json(await create(body.data))
})

export const handler = serverless(app)
