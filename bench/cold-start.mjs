/**
 * What Lambda's runtime does with a function: loads it, and gives it its first event. Tells how
 * many milliseconds after the start of the process it was ready and had answered.
 * Arguments: the bundle, and the event as JSON.
 */
const [, , file, event] = process.argv
const { createRequire } = process.getBuiltinModule('module')
const module = file.endsWith('.cjs') ? createRequire(import.meta.url)(file) : await import(file)
await module.ready
const ready = performance.now()
const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'request' }
const result = event === undefined ? undefined : await module.handler(JSON.parse(event), context)
const answered = performance.now()
if (result?.statusCode >= 400) throw new Error(JSON.stringify(result))
process.stderr.write(JSON.stringify({ ready, answered }))
process.exit(0)
