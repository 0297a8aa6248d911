/**
 * What clients are told of commands that the engine keeps to itself, and of its own user: as ElastiCache's servers tell it, to
 * which there are none. A server that was told to know part of a command no more, or PSYNC, says that there is no permission. Pure.
 */
import { encodeCommand } from '../../../protocols/resp/encode.ts'

const LF = 0x0a
const MINUS = 0x2d
const NO_PERMISSION = Buffer.from('-NOPERM ')
const REFUSAL = /^-NOPERM .* to run the '([^'|]+)(?:\|([^']+))?' command/

/**
 * A reply with another error in the place of that about a command that clients are not to know. Only where it begins the bytes:
 * to find out where replies begin, all that servers say would have to be read. What was said with the command is not known here.
 */
export function withoutRefusal(bytes: Buffer, isRestricted: (command: string) => boolean): Buffer {
  if (bytes[0] !== MINUS || !bytes.subarray(0, NO_PERMISSION.length).equals(NO_PERMISSION)) return bytes
  const end = bytes.indexOf(LF)
  const [, command = '', part] = REFUSAL.exec(bytes.toString('latin1', 0, Math.max(end, 0))) ?? []
  if (!isRestricted(part === undefined ? command : `${command}|${part}`)) return bytes
  const more = part === undefined ? '' : `'${part}' `
  const line = `-ERR unknown command '${command}', with args beginning with: ${more}\r\n`
  return Buffer.concat([Buffer.from(line), bytes.subarray(end + 1)])
}

const QUESTIONS = [
  '*2\r\n$3\r\nacl\r\n$4\r\nlist\r\n',
  '*2\r\n$3\r\nacl\r\n$5\r\nusers\r\n',
  'acl list\r\n',
  'acl users\r\n',
]
const LENGTHS: ReadonlySet<number> = new Set(QUESTIONS.map(({ length }) => length))

/** Whether that is all a client says: what it is about, it asks alone. */
export const asksForUsers = (bytes: Buffer): boolean =>
  LENGTHS.has(bytes.length) && QUESTIONS.includes(bytes.toString('latin1').toLowerCase())

/** What of an answer to that clients are told. `more`: it is not all there; `other`: it is another answer. */
export function usersToTell(
  bytes: Buffer,
  engineUser: string,
  isRestricted: (command: string) => boolean,
): Buffer | 'more' | 'other' {
  const read = readList(bytes)
  if (typeof read === 'string') return read
  const told = read.items
    .filter((item) => item !== engineUser && !item.startsWith(`user ${engineUser} `))
    .map((item) => (item.startsWith('user ') ? withoutSecrets(item, isRestricted) : item))
  return Buffer.concat([encodeCommand(told.map((item) => Buffer.from(item, 'latin1'))), bytes.subarray(read.end)])
}

/** Without hashes of passwords, and rules that are the engine's own. */
const withoutSecrets = (line: string, isRestricted: (command: string) => boolean): string =>
  line.replaceAll(/ (?:#[0-9a-f]{64}|-([\w|-]+))(?=[ )]|$)/g, (rule, command?: string) =>
    command === undefined || isRestricted(command) ? '' : rule,
  )

/** An array of bulk strings. */
function readList(bytes: Buffer): { readonly items: readonly string[]; readonly end: number } | 'more' | 'other' {
  let at = 0
  const number = (mark: string): number | 'more' | 'other' => {
    const end = bytes.indexOf(LF, at)
    if (end < 0) return at > 0 || bytes.toString('latin1', 0, 1) === mark ? 'more' : 'other'
    const [, digits] = new RegExp(`^\\${mark}(\\d+)\\r$`).exec(bytes.toString('latin1', at, end)) ?? []
    at = end + 1
    return digits === undefined ? 'other' : Number(digits)
  }
  const count = number('*')
  if (typeof count === 'string') return count
  const items: string[] = []
  while (items.length < count) {
    const length = number('$')
    if (typeof length === 'string') return length
    if (bytes.length < at + length + 2) return 'more'
    items.push(bytes.toString('latin1', at, at + length))
    at += length + 2
  }
  return { items, end: at }
}
