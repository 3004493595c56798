/**
 * Node's HTTP without an `import` of it: that makes a namespace of all names, and to read those of
 * `http` loads a whole second HTTP client, for 40 ms of each process and thread (nodejs/node#57649).
 */
export const http = process.getBuiltinModule('node:http')
export const { Agent, createServer, request, STATUS_CODES } = http
export const { validateHeaderName, validateHeaderValue } = http
