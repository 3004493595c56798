/**
 * Runs a command for the person who typed it: what is wrong is said in its own words, without a
 * stack, and the status is 1 then.
 */
export async function runCommand(main: () => Promise<void> | void): Promise<void> {
  try {
    await main()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
}
