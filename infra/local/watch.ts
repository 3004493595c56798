import { watch } from 'node:fs'
import { join } from 'node:path'

const quietMs = 150

/** Calls `onChange` after changes below the directories, one call at a time. */
export function watchDirectories(
  root: string,
  directories: string[],
  ignored: string,
  onChange: () => Promise<void>,
): () => void {
  let timer: NodeJS.Timeout | undefined
  let busy = false
  let again = false

  const run = async () => {
    if (busy) {
      again = true
      return
    }
    busy = true
    try {
      await onChange()
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
      if (name !== null && join(directory, name).startsWith(ignored)) return
      clearTimeout(timer)
      timer = setTimeout(() => void run(), quietMs)
    }),
  )
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
