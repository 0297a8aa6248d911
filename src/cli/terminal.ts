/**
 * The three streams. stdout is the answer, stderr the conversation. All that is written to either goes through here: on a
 * terminal nothing but our own escape sequences is left as one, whatever a server, a node or a file has said.
 */
import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { visibleBytes, visibleIn } from '../api/visible.ts'
import { environment } from './environment.ts'
import { isDumb } from './output/characters.ts'
import { onlyOwn, unmarked } from './output/sequences.ts'

// The reader may leave early (`| head -1`): what it did not want to read is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(process.exitCode ?? 0)
})

/** Writes to stdout; on a terminal, escape sequences that are not ours are shown rather than obeyed. */
export const print = (text: string): void => write(process.stdout, text)

/** {@link print} with a line end. */
export const printLine = (text: string): void => print(`${text}\n`)

/**
 * Bytes as they are through a pipe, or where the user wants them `asTheyAre`; on a terminal what can be shown of them, and a
 * line end, so that the next prompt does not stand behind them.
 */
export function printBytes(bytes: Uint8Array, asTheyAre = false): void {
  if (!stdoutIsTerminal() || asTheyAre) return void process.stdout.write(bytes)
  const text = visibleBytes(bytes)
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** The bytes of standard input. A user who types them is told that they are waited for. */
export function readInput(): Buffer {
  // Without process.stdin, which would take the descriptor for itself.
  if (isatty(STDIN) && stderrIsTerminal()) tell('Reading from the terminal: Ctrl-D on a line of its own ends it.')
  return readFileSync(STDIN)
}

const STDIN = 0

/** Writes a line to stderr, for the user; never part of an answer. */
export const tell = (text: string): void => write(process.stderr, `${text}\n`)

/** The same without a line end. */
export const tellPiece = (text: string): void => write(process.stderr, text)

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(stream.isTTY === true ? onlyOwn(text) : unmarked(text))
}

/** Takes the line away that {@link tellPiece} has written, without escape sequences. */
export function overwriteLine(): void {
  const blank = ' '.repeat(conversationColumns() - 1)
  process.stderr.write(`\r${blank}\r`)
}

/** Whether notes, questions and progress reach a person. */
export const stderrIsTerminal = (): boolean => process.stderr.isTTY === true

/** Questions need both: an output that a person reads, and an input that a person types into. */
export const canAsk = (): boolean => process.stdin.isTTY === true && stderrIsTerminal()

/** Columns where no terminal tells of its own. Pages of help are written for them beforehand. */
export const USUAL_COLUMNS = 80

/** Columns of the terminal on stdout; {@link USUAL_COLUMNS} in a pipe. */
export const columns = (): number => process.stdout.columns || USUAL_COLUMNS

/** Of the terminal on stderr. */
export const conversationColumns = (): number => process.stderr.columns || USUAL_COLUMNS

/** Whether answers reach a person rather than a program. */
export const stdoutIsTerminal = (): boolean => process.stdout.isTTY === true

/** Whether what is there can be drawn over. */
export const canRedraw = (): boolean => stdoutIsTerminal() && !isDumb(environment)

/** What is to be set as text: on a terminal every string in it stays on its line and shows what it hides. */
export const forPeople = <T>(value: T): T => (stdoutIsTerminal() ? visibleIn(value) : value)

/** Lines of the terminal on stdout; undefined in a pipe. */
export const rows = (): number | undefined => (process.stdout.isTTY ? process.stdout.rows || 24 : undefined)
