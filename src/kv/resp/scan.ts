import { bytesOf, itemsOf, textOf, wholeOf } from '../../protocols/resp/reply.ts'
import type { RespClient } from './client.ts'

export interface ScanOptions {
  /** A glob, as the server reads it: `user:*`. */
  readonly match?: string | undefined
  /** `string`, `hash`, `zset` ... */
  readonly type?: string | undefined
  readonly signal?: AbortSignal
}

/** About so many keys a server looks at before it answers; it serves others between two answers. */
const AT_ONCE = 1000

/**
 * The keys of all shards, in the order in which servers tell them: some at a time, maybe none. A key comes twice where a table
 * grows or shrinks meanwhile. @throws LostNode, RespRefusal, BadReply
 */
export async function* scanKeys(
  client: RespClient,
  { match, type, signal }: ScanOptions = {},
): AsyncGenerator<Buffer[]> {
  const wanted = [...(match === undefined ? [] : ['MATCH', match]), ...(type === undefined ? [] : ['TYPE', type])]
  for (const node of client.readers) {
    const connection = await client.connection(node)
    let cursor = '0'
    do {
      if (signal?.aborted) return
      const [next = null, keys = null] = itemsOf(await connection.ask('SCAN', cursor, 'COUNT', AT_ONCE, ...wanted))
      cursor = textOf(next)
      yield itemsOf(keys).flatMap((key) => bytesOf(key) ?? [])
    } while (cursor !== '0' && cursor !== '')
  }
}

/** How many keys there are in the database at hand; undefined where a server may not be asked. */
export async function countKeys(client: RespClient): Promise<bigint | undefined> {
  let sum = 0n
  for (const node of client.readers) {
    const [size = null] = await (await client.connection(node)).send([['DBSIZE']])
    const count = wholeOf(size)
    if (count === undefined) return undefined
    sum += count
  }
  return sum
}
