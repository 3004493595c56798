import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { jwt } from 'hono/jwt'
import { create, list, read, signedIn } from 'store'
import { page, pupil } from './schema.mjs'

const { TOKEN_KEY, TOKEN_ISSUER, TOKEN_AUDIENCE } = process.env
const app = new Hono()
if (TOKEN_KEY) {
  const verification = { iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, typ: 'at+jwt' }
  const format = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = crypto.subtle.importKey('jwk', JSON.parse(TOKEN_KEY), format, false, ['verify'])
  let check
  app.use(async (context, next) => {
    check ??= jwt({ secret: await key, alg: 'ES256', verification })
    return check(context, next)
  })
  app.use(async (context, next) => {
    if (!(await signedIn(context.get('jwtPayload')))) return context.json({}, 401)
    return next()
  })
}
app.get('/api/v1/pupils', async (context) => {
  const query = page.safeParse(context.req.query())
  if (!query.success) return context.json(query.error.issues, 400)
  return context.json({ items: await list(query.data.limit) })
})
app.get('/api/v1/pupils/:id', async (context) => context.json(await read(context.req.param('id'))))
app.post('/api/v1/pupils', async (context) => {
  const body = pupil.safeParse(await context.req.json())
  if (!body.success) return context.json(body.error.issues, 422)
  return context.json(await create(body.data), 201)
})

export const handler = handle(app)
