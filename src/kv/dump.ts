import { isObject } from '../api/objects.ts'
import type { KvClient } from './client.ts'
import type { KvNode } from './placement.ts'
import { NotMemcached, type Reader, Refused } from './replies.ts'

/** An item as a line of JSON: a value that is no text is in `base64`. */
export interface DumpedItem {
  readonly key: string
  readonly flags: number
  readonly value?: string
  readonly base64?: string
  /** Seconds since 1970 when it expires; absent: never. */
  readonly expires?: number
}

interface Listed {
  readonly key: string
  readonly expires: number | undefined
}

const BATCH = 500

/**
 * Every item of a node, by `lru_crawler metadump`.
 * @throws Refused where there is no such command: on ElastiCache since 1.6.17, and on serverless caches.
 */
export async function* dumpNode(client: KvClient, node: KvNode): AsyncGenerator<DumpedItem> {
  const connection = await client.connection(node)
  const listed = await connection.request('lru_crawler metadump all\r\n', readMetadump)
  for (let at = 0; at < listed.length; at += BATCH) {
    const batch = listed.slice(at, at + BATCH)
    const items = new Map(
      (
        await client.getFrom(
          node,
          batch.map(({ key }) => key),
        )
      ).map((item) => [item.key, item]),
    )
    for (const { key, expires } of batch) {
      const item = items.get(key)
      // Gone between the two questions.
      if (item) yield { key, flags: item.flags, ...written(item.value), ...(expires !== undefined && { expires }) }
    }
  }
}

/** A value as a dump has it: text where its bytes are UTF-8, else base64. */
export function written(value: Buffer): { value: string } | { base64: string } {
  const text = value.toString('utf8')
  return Buffer.from(text).equals(value) ? { value: text } : { base64: value.toString('base64') }
}

/** `type` and `dump`: of keys that only Redis OSS and Valkey have. */
type Member = keyof DumpedItem | 'type' | 'dump'

/** The members of a line of a dump; a sentence, when it is no JSON object. */
export function membersOf(line: string): Readonly<Record<string, unknown>> | string {
  try {
    const read: unknown = JSON.parse(line)
    return isObject(read) ? read : 'no object'
  } catch {
    return 'no JSON'
  }
}

/** What a line of a dump holds; a sentence, when it holds no item. */
export function readDumped(line: string): DumpedItem | string {
  const read = membersOf(line)
  if (typeof read === 'string') return read
  const { key, flags = 0, value, base64, expires, dump, type }: Partial<Record<Member, unknown>> = read
  if (typeof key !== 'string') return 'no key'
  if (typeof flags !== 'number') return 'flags are no number'
  if (expires !== undefined && typeof expires !== 'number') return 'expires is no number'
  const times = expires === undefined ? {} : { expires }
  if (typeof value === 'string') return { key, flags, value, ...times }
  if (typeof base64 === 'string') return { key, flags, base64, ...times }
  return dump === undefined ? 'neither value nor base64' : `a ${type}, which only Redis OSS and Valkey have`
}

/** The reverse of {@link written}. */
export const bytesOf = ({ value, base64 = '' }: DumpedItem): Buffer =>
  value === undefined ? Buffer.from(base64, 'base64') : Buffer.from(value)

const END = 'END\r\n'

const readMetadump: Reader<readonly Listed[]> = (bytes) => {
  const line = bytes.toString('latin1', 0, Math.min(bytes.length, 80))
  if (/^(ERROR|CLIENT_ERROR|BUSY)\b[^\n]*\n/.test(line)) throw new Refused(line.split('\r\n', 1)[0])
  if (bytes.length < END.length || bytes.toString('latin1', bytes.length - END.length) !== END) return undefined
  const lines = bytes.toString('latin1').split('\n')
  const value = lines.flatMap((each): Listed[] => {
    const [, key, exp] = /^key=(\S+) exp=(-?\d+) /.exec(each) ?? []
    if (key === undefined) {
      if (each === '' || each === 'END\r') return []
      throw new NotMemcached(`not a line of metadump: ${JSON.stringify(each.slice(0, 80))}`)
    }
    return [{ key: decodeURIComponent(key), expires: Number(exp) > 0 ? Number(exp) : undefined }]
  })
  return { value, used: bytes.length }
}
