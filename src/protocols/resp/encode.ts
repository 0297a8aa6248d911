/** A part of a command: its name, a key, a value. */
export type Part = string | Buffer | number | bigint

export type Command = readonly Part[]

const CRLF = Buffer.from('\r\n')

/** Bytes of what {@link encodeCommand} makes of it. */
export const encodedLength = (words: readonly Buffer[]): number =>
  words.reduce((sum, { length }) => sum + lineLength(length) + length + CRLF.length, lineLength(words.length))

/** Of a mark and a number. */
const lineLength = (number: number): number => 1 + String(number).length + CRLF.length

/** A command as both versions of RESP write it: an array of strings of any bytes. */
export function encodeCommand(command: Command): Buffer {
  const pieces: Buffer[] = [Buffer.from(`*${command.length}\r\n`)]
  for (const part of command) {
    const bytes = Buffer.isBuffer(part) ? part : Buffer.from(String(part))
    pieces.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF)
  }
  return Buffer.concat(pieces)
}
