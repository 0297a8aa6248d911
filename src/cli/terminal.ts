/** The three streams. stdout is the answer, stderr the conversation. */

// The reader may leave early (`| head -1`): what it did not want to read is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(process.exitCode ?? 0)
})

export const print = (text: string | Uint8Array): void => void process.stdout.write(text)

export const printLine = (text: string): void => print(`${text}\n`)

export const tell = (text: string): void => void process.stderr.write(`${text}\n`)

export const stderrIsTerminal = (): boolean => process.stderr.isTTY === true

/** Questions need both: somebody who reads them and somebody who answers. */
export const canAsk = (): boolean => process.stdin.isTTY === true && stderrIsTerminal()

/** Columns of the terminal on stdout; 80 in a pipe. */
export const columns = (): number => process.stdout.columns || 80

export const stdoutIsTerminal = (): boolean => process.stdout.isTTY === true

/** Lines of the terminal on stdout; undefined in a pipe. */
export const rows = (): number | undefined => (process.stdout.isTTY ? process.stdout.rows || 24 : undefined)
