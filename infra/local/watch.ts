import { watch } from 'node:fs'
import { join } from 'node:path'

const quietMs = 100

/** Files that editors write beside the one that is edited. */
const ofAnEditor = /(^|[\\/])(\.[^\\/]*|4913|[^\\/]*~)$/

/** Calls `onChange` with the files that changed below the directories, one call at a time. */
export function watchDirectories(
  root: string,
  directories: readonly string[],
  ignored: string,
  onChange: (files: readonly string[]) => Promise<void>,
): () => void {
  let timer: NodeJS.Timeout | undefined
  let busy = false
  let again = false
  const changed = new Set<string>()

  const run = async () => {
    if (busy) {
      again = true
      return
    }
    busy = true
    try {
      const files = [...changed]
      changed.clear()
      await onChange(files)
    } finally {
      busy = false
      if (again) {
        again = false
        void run()
      }
    }
  }

  const watchers = directories.map((directory) =>
    watch(join(root, directory), { recursive: true }, (_, name) => {
      const file = join(directory, name ?? '')
      if (file.startsWith(ignored) || ofAnEditor.test(file)) return
      changed.add(file.replaceAll('\\', '/'))
      clearTimeout(timer)
      timer = setTimeout(() => void run(), quietMs)
    }),
  )
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
