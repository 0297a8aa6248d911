/** Commands about keys that hold text. Each throws what RespClient.ask does. */
import { bytesOf } from '../../protocols/resp/reply.ts'
import { type Answer, granted, type RespClient } from './client.ts'

/** undefined: there is no such key. */
export async function getValue(client: RespClient, key: string): Promise<Buffer | undefined> {
  return bytesOf((await client.ask(key, 'GET', key)).reply)
}

/** In the order of the keys. */
export async function getValues(client: RespClient, keys: readonly string[]): Promise<(Buffer | undefined)[]> {
  const answers = await client.askAll(keys.map((key) => ({ key, command: ['GET', key] })))
  return answers.map((answer) => bytesOf(granted(answer).reply))
}

interface Storing {
  /** 0: for ever. */
  readonly ttlMs: number
  /** Not where the key is there; then the reply is null. */
  readonly onlyNew: boolean
}

/** Stores a value: for `ttlMs`, or for good if that is 0; with `onlyNew`, the answer is null for a key that is there. */
export const setValue = (
  client: RespClient,
  key: string,
  value: Buffer,
  { ttlMs, onlyNew }: Storing,
): Promise<Answer> =>
  client.ask(key, 'SET', key, value, ...(ttlMs > 0 ? ['PX', ttlMs] : []), ...(onlyNew ? ['NX'] : []))

/** 0: there was none. The memory of a large value is freed in the background. */
export const deleteKey = (client: RespClient, key: string): Promise<Answer> => client.ask(key, 'UNLINK', key)

/** @param ttlMs 0: for ever. Replies 0 where there is no such key. */
export async function expireIn(client: RespClient, key: string, ttlMs: number): Promise<Answer> {
  if (ttlMs > 0) return client.ask(key, 'PEXPIRE', key, ttlMs)
  // PERSIST says 0 of a key that never expires, too.
  const [exists, persisted] = await client.askAbout(key, [
    ['EXISTS', key],
    ['PERSIST', key],
  ])
  granted(persisted as Answer) // one for each command
  return granted(exists as Answer) // as above
}

/** Milliseconds to live; null: for ever; undefined: there is no such key. */
export async function timeToLive(client: RespClient, key: string): Promise<number | null | undefined> {
  const left = Number((await client.ask(key, 'PTTL', key)).reply)
  if (left === -2) return undefined
  return left < 0 ? null : left
}
