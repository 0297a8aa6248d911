import { type KvClient, keyProblem } from '../../../kv/client.ts'
import { bytesOf, type DumpedItem, dumpNode, readDumped } from '../../../kv/dump.ts'
import { dumpKeys, type Loaded, loadKeys, readLoadable } from '../../../kv/resp/dump.ts'
import { systemClock } from '../../../net/clock.ts'
import { readText } from '../../call/text-input.ts'
import { command } from '../../command.ts'
import type { Printer } from '../../forms.ts'
import { ExitWith, Problem } from '../../problem.ts'
import { tell } from '../../terminal.ts'
import { optional } from '../../words.ts'
import { kvFlags, whereWord, withKv } from './place.ts'

const where = { where: whereWord }
const AT_ONCE = 100
const NOT_ALL = 1

const now = (): number => systemClock.now().getTime()

export const kvDump = command({
  summary: 'Print every item of every node, one line of JSON each',
  description:
    'For small data sets. Of Memcached it needs lru_crawler, which ElastiCache took away with Memcached 1.6.17: there, and on its serverless caches, no client can list keys. Of Redis OSS and Valkey it prints strings in the same way, and everything else as DUMP has it.',
  words: where,
  flags: kvFlags,
  forms: {},
  examples: ['kv dump shop > shop.jsonl'],
  run: ({ flags, words, print }) =>
    withKv(words.where, flags, {
      memcached: (client) => dumpMemcached(client, print),
      async resp(client) {
        for await (const key of dumpKeys(client, now)) await print.item(key, (each) => JSON.stringify(each))
      },
    }),
})

async function dumpMemcached(client: KvClient, print: Printer): Promise<void> {
  for (const node of client.nodes) {
    try {
      for await (const item of dumpNode(client, node)) await print.item(item, (each) => JSON.stringify(each))
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'Refused') throw error
      throw new Problem(
        'general',
        `${node.host}:${node.port} does not list its keys: ${error.message}`,
        'It needs lru_crawler: Memcached itself, or ElastiCache up to 1.6.12.',
      )
    }
  }
}

export const kvLoad = command({
  summary: 'Store what kv dump printed, each key on its node',
  description:
    'Lines of JSON with key, value (or base64; of types that only Redis OSS and Valkey have, dump), flags and expires (seconds since 1970). What has expired is left out. Exit code 1: some were not stored.',
  words: { ...where, file: optional('the file; without it, or with -, standard input') },
  flags: kvFlags,
  forms: {},
  examples: ['kv load shop shop.jsonl', 'kv dump old:11211 | cachectl kv load shop'],
  async run({ flags, words, print }) {
    const lines = readText(words.file ?? '-').split('\n')
    const { items, live, stored, refusal } = await withKv<Outcome>(words.where, flags, {
      async memcached(client) {
        const items = each(lines, readItem)
        const live = items.filter(({ expires }) => expires === undefined || expires > now() / 1000)
        return { items: items.length, live: live.length, stored: await storeItems(client, live) }
      },
      async resp(client) {
        const keys = each(lines, readLoadable)
        const live = keys.filter(({ expiresMs }) => expiresMs === undefined || expiresMs > now())
        return { items: keys.length, live: live.length, ...(await loadKeys(client, live, now)) }
      },
    })
    const expired = items - live
    tell(`Stored ${stored} of ${items} items; ${expired} had expired.`)
    if (refusal !== undefined) tell(`Not stored: ${refusal}`)
    await print.answer({ items, stored, expired }, () => '')
    if (stored < live) throw new ExitWith(NOT_ALL)
  },
})

interface Outcome extends Loaded {
  readonly items: number
  /** Those that have not expired. */
  readonly live: number
}

/** What the lines hold. @throws Problem that names the first that holds nothing. */
function each<T extends object>(lines: readonly string[], read: (line: string) => T | string): T[] {
  return lines.flatMap((line, at) => {
    if (line.trim() === '') return []
    const item = read(line)
    if (typeof item === 'string') throw new Problem('general', `Line ${at + 1}: ${item}.`)
    return [item]
  })
}

function readItem(line: string): DumpedItem | string {
  const item = readDumped(line)
  return typeof item === 'string' ? item : (keyProblem(item.key) ?? item)
}

async function storeItems(client: KvClient, items: readonly DumpedItem[]): Promise<number> {
  let count = 0
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const outcomes = await Promise.all(
      items.slice(at, at + AT_ONCE).map((item) =>
        client.store('set', item.key, {
          value: bytesOf(item),
          flags: item.flags,
          exptime: Math.ceil(item.expires ?? 0),
        }),
      ),
    )
    count += outcomes.filter(({ reply }) => reply === 'STORED').length
  }
  return count
}
