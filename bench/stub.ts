import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'

/**
 * A DynamoDB, in a separate process, that answers at once and always the same. Its parent sends it
 * the answers, by operation and table.
 */
process.on('message', (answers: Record<string, object>) => {
  const prepared = new Map(
    Object.entries(answers).map(([name, answer]) => [name, JSON.stringify(answer)]),
  )
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const [, operation] = String(request.headers['x-amz-target']).split('.')
      const { TableName } = JSON.parse(Buffer.concat(chunks).toString())
      const body = prepared.get(`${operation} ${TableName}`) ?? prepared.get(`${operation}`) ?? '{}'
      response.writeHead(200, {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(body),
        'x-amz-crc32': crc32(body),
        'x-amzn-requestid': 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJKLMNOPQR',
      })
      response.end(body)
    })
  })
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
})
process.on('disconnect', () => process.exit())
