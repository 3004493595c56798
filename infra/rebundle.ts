import { bundleChanged, bundlePath } from './bundle.ts'

// For the local runner: prints where the bundles lie that are made from the given files, by
// function; `null` where that is not all that the files are for.
const names = await bundleChanged(process.argv.slice(2))
const places = names && Object.fromEntries(names.map((name) => [name, bundlePath(name)]))
process.stdout.write(JSON.stringify(places ?? null))
