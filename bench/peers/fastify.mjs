import { createPublicKey } from 'node:crypto'
import awsLambdaFastify from '@fastify/aws-lambda'
import jwt from '@fastify/jwt'
import fastify from 'fastify'
import { create, list, read, signedIn } from 'store'
import { page, pupil } from './schema.mjs'

const { TOKEN_KEY, TOKEN_ISSUER, TOKEN_AUDIENCE } = process.env
const app = fastify()
if (TOKEN_KEY) {
  const key = createPublicKey({ key: JSON.parse(TOKEN_KEY), format: 'jwk' })
  app.register(jwt, {
    secret: { public: key.export({ type: 'spki', format: 'pem' }) },
    verify: { algorithms: ['ES256'], allowedIss: TOKEN_ISSUER, allowedAud: TOKEN_AUDIENCE },
  })
  app.addHook('onRequest', async (request, reply) => {
    const claims = await request.jwtVerify()
    if (!(await signedIn(claims))) return reply.code(401).send({ error: 'unauthorized' })
  })
}
app.get('/api/v1/pupils', async (request, reply) => {
  const query = page.safeParse(request.query)
  if (!query.success) return reply.code(400).send(query.error.issues)
  return { items: await list(query.data.limit) }
})
app.get('/api/v1/pupils/:id', (request) => read(request.params.id))
app.post('/api/v1/pupils', async (request, reply) => {
  const body = pupil.safeParse(request.body)
  if (!body.success) return reply.code(422).send(body.error.issues)
  return reply.code(201).send(await create(body.data))
})

export const handler = awsLambdaFastify(app)
export const ready = app.ready()
