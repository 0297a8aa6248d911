import { bytesOf, isError, textOf } from '../../protocols/resp/reply.ts'
import { bytesOf as contentOf, membersOf, readDumped, written } from '../dump.ts'
import { type Answer, granted, type KeyCommand, type RespClient } from './client.ts'
import { bytesNamed, named } from './named.ts'
import { scanKeys } from './scan.ts'

/**
 * A key as a line of JSON. A string is written as an item of Memcached is; of all other types there is what DUMP says in base64,
 * which servers of the same version or a newer one take.
 */
export interface DumpedKey {
  readonly key?: string
  readonly keyBase64?: string
  readonly value?: string
  readonly base64?: string
  readonly type?: string
  readonly dump?: string
  /** Seconds since 1970 when it expires; absent: never. */
  readonly expires?: number
}

const AT_ONCE = 100

/** Every key of every shard. @throws as RespClient.ask */
export async function* dumpKeys(client: RespClient, now: () => number): AsyncGenerator<DumpedKey> {
  for await (const keys of scanKeys(client)) {
    for (let at = 0; at < keys.length; at += AT_ONCE) yield* await dumpSome(client, keys.slice(at, at + AT_ONCE), now)
  }
}

async function dumpSome(client: RespClient, keys: readonly Buffer[], now: () => number): Promise<DumpedKey[]> {
  const types = await client.askAll(keys.map((key) => ({ key, command: ['TYPE', key] })))
  const typeOf = (at: number): string => textOf(granted(types[at] as Answer).reply) // one for each key
  const asked = await client.askAll(
    keys.flatMap((key, at): KeyCommand[] => [
      { key, command: [typeOf(at) === 'string' ? 'GET' : 'DUMP', key] },
      { key, command: ['PTTL', key] },
    ]),
  )
  return keys.flatMap((key, at): DumpedKey[] => {
    const [content, left] = asked.slice(2 * at, 2 * at + 2).map((answer) => granted(answer).reply)
    const bytes = bytesOf(content ?? null)
    // Gone between two questions.
    if (!bytes) return []
    const ttl = Number(left)
    const expires = ttl >= 0 ? { expires: (now() + ttl) / 1000 } : {}
    const type = typeOf(at)
    const what = type === 'string' ? written(bytes) : { type, dump: bytes.toString('base64') }
    return [{ ...named('key', key), ...what, ...expires }]
  })
}

/** What a line of a dump holds. */
export interface Loadable {
  readonly key: Buffer
  /** `SET` of the value, or `RESTORE` of what DUMP said. */
  readonly how: 'SET' | 'RESTORE'
  readonly content: Buffer
  /** Milliseconds since 1970. */
  readonly expiresMs?: number
}

/** Lines of Memcached's dumps, too; a sentence, when a line holds no key. */
export function readLoadable(line: string): Loadable | string {
  const record = membersOf(line)
  if (typeof record === 'string') return record
  const key = bytesNamed(record, 'key')
  if (!key) return 'no key'
  const { dump, expires } = record
  if (expires !== undefined && typeof expires !== 'number') return 'expires is no number'
  const times = expires === undefined ? {} : { expiresMs: Math.round(expires * 1000) }
  if (typeof dump === 'string') return { key, how: 'RESTORE', content: Buffer.from(dump, 'base64'), ...times }
  const item = readDumped(JSON.stringify({ ...record, key: '' }))
  return typeof item === 'string' ? item : { key, how: 'SET', content: contentOf(item), ...times }
}

export interface Loaded {
  readonly stored: number
  /** What a server said of the first that it did not take. */
  readonly refusal?: string
}

/**
 * Stores keys as they were, in the place of what is there. A key whose content a server does not take is counted as not stored.
 * @throws as RespClient.ask, for all other refusals
 */
export async function loadKeys(client: RespClient, keys: readonly Loadable[], now: () => number): Promise<Loaded> {
  let stored = 0
  let refusal: string | undefined
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE)
    for (const answer of await client.askAll(
      some.map((each) => ({ key: each.key, command: commandOf(each, now()) })),
    )) {
      if (!isError(answer.reply)) stored++
      // ERR: of a payload of a newer server. Anything else would be said of every key.
      else if (answer.reply.code === 'ERR') refusal ??= answer.reply.text
      else granted(answer)
    }
  }
  return { stored, ...(refusal !== undefined && { refusal }) }
}

function commandOf({ key, how, content, expiresMs }: Loadable, now: number): KeyCommand['command'] {
  const ttl = expiresMs === undefined ? 0 : Math.max(1, expiresMs - now)
  if (how === 'RESTORE') return ['RESTORE', key, ttl, content, 'REPLACE']
  return ['SET', key, content, ...(ttl > 0 ? ['PX', ttl] : [])]
}
