import { bundleChanged, bundlePath } from './bundle.ts'

// For the local runner: prints, by function, where the bundles that are made from the given files
// lie; `null` where the files have other uses too.
const names = await bundleChanged(process.argv.slice(2))
const places = names && Object.fromEntries(names.map((name) => [name, bundlePath(name)]))
process.stdout.write(JSON.stringify(places ?? null))
