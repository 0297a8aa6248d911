/** What only servers that speak RESP tell of their keys. */
import { visibleBytes, visibleLine } from '../../../api/visible.ts'
import type { RespClient } from '../../../kv/resp/client.ts'
import { timeToLive } from '../../../kv/resp/keys.ts'
import { named } from '../../../kv/resp/named.ts'
import { countKeys, scanKeys } from '../../../kv/resp/scan.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { text } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { NotSo } from '../../problem.ts'
import { spanText } from '../../span.ts'
import { tell } from '../../terminal.ts'
import { keyWord, onlyInResp, respFlags, whereWord, withKv } from './place.ts'

export const kvTtl = command({
  summary: 'Tell how long a key still lives',
  description: 'Of Redis OSS and Valkey. In milliseconds as data; null: for ever. Exit code 1: there is no such key.',
  words: { where: whereWord, key: keyWord },
  flags: respFlags,
  forms: {},
  examples: ['kv ttl shop greeting', 'kv ttl localhost:6379 greeting --query ttlMs'],
  run: ({ words: { where, key }, flags, print }) =>
    withKv(
      where,
      flags,
      onlyInResp(
        where,
        { lacks: 'tells no time to live', instead: 'kv touch gives a key another.' },
        async (client) => {
          const ttlMs = await timeToLive(client, key)
          if (ttlMs === undefined) {
            throw new NotSo(`There is no key ${key}.`)
          }
          await print.answer({ key, ttlMs }, () => (ttlMs === null ? 'for ever' : spanText(ttlMs)))
        },
      ),
    ),
})

const DEFAULT_COUNT = 1000

export const kvScan = command({
  summary: 'List keys of all primaries, one a line',
  description:
    'Of Redis OSS and Valkey, by SCAN: servers go on serving others meanwhile. How many there are is told at the end. As data, a line of JSON each; a key that is no text is in keyBase64.',
  words: { where: whereWord },
  flags: {
    match: text({ summary: 'only keys that fit this glob, as the server reads it', helpValue: '<pattern>' }),
    type: text({ summary: 'only keys of this type: string, hash, list, set, zset, stream', helpValue: '<type>' }),
    count: count({
      summary: `at most so many keys (default ${DEFAULT_COUNT}); 0: all, some of them maybe twice`,
      helpValue: '<number>',
      otherwise: DEFAULT_COUNT,
    }),
    ...respFlags,
  },
  forms: {},
  examples: ["kv scan shop --match 'session:*'", 'kv scan localhost:6379 --type hash --count 0'],
  run: ({ words: { where }, flags, print }) =>
    withKv(
      where,
      flags,
      onlyInResp(
        where,
        { lacks: 'has no SCAN', instead: 'kv dump lists keys where a node lets clients do so.' },
        (client) => untilInterrupted((signal) => scan(client, flags, print, signal)),
      ),
    ),
})

interface ScanOptions {
  readonly match: string | undefined
  readonly type: string | undefined
  readonly count: number
}

async function scan(
  client: RespClient,
  { match, type, count: most }: ScanOptions,
  print: Printer,
  signal: AbortSignal,
) {
  const seen = new Set<string>()
  let told = 0
  const isEnough = (): boolean => most > 0 && told >= most
  for await (const keys of scanKeys(client, { match, type, signal })) {
    for (const key of keys) {
      if (isEnough()) break
      const name = key.toString('latin1')
      if (most > 0 && seen.has(name)) continue
      if (most > 0) seen.add(name)
      told++
      await print.item(named('key', key), () => visibleLine(visibleBytes(key)))
    }
    if (isEnough()) break
  }
  tell(closing(told, isEnough() || signal.aborted, await countKeys(client), match !== undefined || type !== undefined))
}

function closing(told: number, stopped: boolean, all: bigint | undefined, filtered: boolean): string {
  const of = all === undefined ? '' : ` of ${all}`
  if (!stopped) return filtered ? `${told}${of} ${keysText(all ?? told)} fit.` : `${told} ${keysText(told)}.`
  return `Stopped after ${told}${of} ${keysText(all ?? told)}; --count 0 goes on to the end.`
}

const keysText = (count: number | bigint): string => (Number(count) === 1 ? 'key' : 'keys')
