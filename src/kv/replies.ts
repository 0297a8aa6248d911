/** Reads what a text-protocol server answers. Each reader gives undefined while the answer is not complete. */

export interface Item {
  readonly key: string
  readonly flags: number
  readonly value: Buffer
}

export interface Read<T> {
  readonly value: T
  /** Bytes of the answer. */
  readonly used: number
}

export type Reader<T> = (bytes: Buffer) => Read<T> | undefined

/** The server said no: `ERROR`, `CLIENT_ERROR ...` or `SERVER_ERROR ...`. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** What is there is not an answer of Memcached. */
export class NotMemcached extends Error {
  override readonly name = 'NotMemcached'
}

const REFUSAL = /^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/
const LONGEST_LINE = 64 * 1024

/** One line, as `STORED` or `5`. */
export const readLine: Reader<string> = (bytes) => lineAt(bytes, 0)

/** The items of a `get`, in the server's order. */
export const readItems: Reader<readonly Item[]> = (bytes) => {
  const items: Item[] = []
  let at = 0
  for (;;) {
    const line = lineAt(bytes, at)
    if (line === undefined) return undefined
    at += line.used
    if (line.value === 'END') return { value: items, used: at }
    const [, key = '', flags, length] = /^VALUE (\S+) (\d+) (\d+)(?: \d+)?$/.exec(line.value) ?? []
    if (length === undefined) throw unexpected(line.value)
    const end = at + Number(length)
    if (bytes.length < end + 2) return undefined
    items.push({ key, flags: Number(flags), value: Buffer.from(bytes.subarray(at, end)) })
    at = end + 2
  }
}

/** `STAT name value` lines, or the `ITEM` lines of a dump, as words; up to `END`. `RESET` and `OK` stand alone. */
export const readWords: Reader<readonly (readonly string[])[]> = (bytes) => {
  const rows: string[][] = []
  let at = 0
  for (;;) {
    const line = lineAt(bytes, at)
    if (line === undefined) return undefined
    at += line.used
    if (line.value === 'END' || line.value === 'RESET' || line.value === 'OK') return { value: rows, used: at }
    const [first, name = '', ...rest] = line.value.split(' ')
    if (first !== 'STAT' && first !== 'ITEM') throw unexpected(line.value)
    rows.push([name, rest.join(' ')])
  }
}

function lineAt(bytes: Buffer, at: number): Read<string> | undefined {
  const end = bytes.indexOf('\n', at)
  if (end < 0) {
    if (bytes.length - at > LONGEST_LINE) throw unexpected(bytes.toString('latin1', at, at + 80))
    return undefined
  }
  const line = bytes.toString('latin1', at, end).replace(/\r$/, '')
  if (REFUSAL.test(line)) throw new Refused(line)
  return { value: line, used: end + 1 - at }
}

const unexpected = (line: string): NotMemcached =>
  new NotMemcached(`not an answer of Memcached: ${JSON.stringify(line.slice(0, 80))}`)
