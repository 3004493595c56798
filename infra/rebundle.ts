import { bundleChanged, bundleMore } from './bundle.ts'

// For the local runner. `add <function>…` bundles functions that are called for the first time.
// `changed <file>…` bundles those again that are made from these files, and prints their names:
// `null` where the files have other uses too.
const [command, ...rest] = process.argv.slice(2)
if (command === 'add') await bundleMore(rest)
else process.stdout.write(JSON.stringify((await bundleChanged(rest)) ?? null))
