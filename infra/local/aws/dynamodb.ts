import { request } from '../http.ts'
import type { Model } from '../model.ts'
import { compileNeeds, metered, tableArnPrefix } from './dynamodb-access.ts'
import type { Engine } from './engine.ts'
import { type AwsAnswer, type AwsRequest, jsonType, readAll } from './protocol.ts'
import { type Service, targetOf } from './service.ts'

const meter = Buffer.from('{"ReturnConsumedCapacity":"TOTAL",')
const emptyAndMetered = Buffer.from('{"ReturnConsumedCapacity":"TOTAL"}')
const writes = /^(PutItem|UpdateItem|DeleteItem|BatchWriteItem|TransactWriteItems)$/

/**
 * DynamoDB: the engine, asked for the capacity that each call consumed.
 * @param onWrite told of every write that the engine has acknowledged
 */
export function dynamodb(engine: Engine, model: Model, onWrite: () => void): Service {
  const needsOf = compileNeeds(model.tables, tableArnPrefix(model))
  return {
    namespace: 'com.amazonaws.dynamodb.v20120810#',
    operationOf: targetOf,
    needs: ({ name, parameters }) => needsOf(name, parameters),
    async perform({ name, parameters }, sent) {
      const asks = parameters.ReturnConsumedCapacity !== undefined || !metered.has(name)
      const answer = await forward(
        engine,
        sent,
        asks ? sent.body : withMeter(sent.body, parameters),
      )
      if (answer.status === 200 && writes.test(name)) onWrite()
      return answer
    },
  }
}

function withMeter(body: Buffer, parameters: object): Buffer {
  if (Object.keys(parameters).length === 0) return emptyAndMetered
  return Buffer.concat([meter, body.subarray(body.indexOf('{') + 1)])
}

function forward(engine: Engine, { headers: sent }: AwsRequest, body: Buffer): Promise<AwsAnswer> {
  const headers: Record<string, string | number> = { 'content-length': body.length }
  for (const name of ['content-type', 'x-amz-target', 'x-amz-date', 'authorization']) {
    const value = sent[name]
    if (typeof value === 'string') headers[name] = value
  }
  const { hostname, port, agent } = engine
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, agent, method: 'POST', headers }, (answer) => {
      readAll(answer).then((received) => {
        const { 'x-amzn-requestid': id, 'x-amz-crc32': crc } = answer.headers
        const passed = { 'x-amzn-requestid': String(id), 'x-amz-crc32': String(crc) }
        const status = answer.statusCode ?? 500
        resolve({ status, body: received, headers: { ...jsonType, ...passed } })
      }, reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
