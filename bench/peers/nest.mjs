import 'reflect-metadata'
import { createPublicKey } from 'node:crypto'
import {
  Body,
  Controller,
  Get,
  Module,
  Param,
  Post,
  Query,
  UnauthorizedException,
  UnprocessableEntityException,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import express from 'express'
import jwt from 'jsonwebtoken'
import serverless from 'serverless-http'
import { create, list, read, signedIn } from 'store'
import { page, pupil } from './schema.mjs'

const { TOKEN_KEY, TOKEN_ISSUER, TOKEN_AUDIENCE } = process.env

/** What the decorators of TypeScript do, in JavaScript. */
function decorate(Class, { method, route, parameter }) {
  const descriptor = Object.getOwnPropertyDescriptor(Class.prototype, method)
  parameter(Class.prototype, method, 0)
  route(Class.prototype, method, descriptor)
}

class Pupils {
  async list(query) {
    const parsed = page.safeParse(query)
    if (!parsed.success) throw new UnprocessableEntityException(parsed.error.issues)
    return { items: await list(parsed.data.limit) }
  }
  read(id) {
    return read(id)
  }
  async create(body) {
    const parsed = pupil.safeParse(body)
    if (!parsed.success) throw new UnprocessableEntityException(parsed.error.issues)
    return create(parsed.data)
  }
}
decorate(Pupils, { method: 'list', route: Get(), parameter: Query() })
decorate(Pupils, { method: 'read', route: Get(':id'), parameter: Param('id') })
decorate(Pupils, { method: 'create', route: Post(), parameter: Body() })
Controller('api/v1/pupils')(Pupils)

class App {}
Module({ controllers: [Pupils] })(App)

function guard() {
  const key = createPublicKey({ key: JSON.parse(TOKEN_KEY), format: 'jwk' })
  const options = { algorithms: ['ES256'], issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE }
  return {
    async canActivate(context) {
      const { authorization } = context.switchToHttp().getRequest().headers
      if (await signedIn(jwt.verify(authorization.slice(7), key, options))) return true
      throw new UnauthorizedException()
    },
  }
}

async function start() {
  const server = express()
  const app = await NestFactory.create(App, new ExpressAdapter(server), { logger: false })
  if (TOKEN_KEY) app.useGlobalGuards(guard())
  await app.init()
  return serverless(server)
}

export const ready = start()
export const handler = async (event, context) => (await ready)(event, context)
