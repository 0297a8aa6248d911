import { keyProblem } from '../../../kv/client.ts'
import { bytesOf, dumpNode, readDumped } from '../../../kv/dump.ts'
import { systemClock } from '../../../net/clock.ts'
import { readText } from '../../call/text-input.ts'
import { command } from '../../command.ts'
import { ExitWith, Problem } from '../../problem.ts'
import { tell } from '../../terminal.ts'
import { optional } from '../../words.ts'
import { kvFlags, whereWord, withKv } from './place.ts'

const where = { where: whereWord }
const AT_ONCE = 100
const NOT_ALL = 1

export const kvDump = command({
  summary: 'Print every item of every node, one line of JSON each',
  description:
    'For small data sets. It needs lru_crawler, which ElastiCache took away with Memcached 1.6.17: there, and on serverless caches, no client can list keys.',
  words: where,
  flags: kvFlags,
  forms: {},
  examples: ['kv dump shop > shop.jsonl'],
  async run({ flags, words, print }) {
    await withKv(words.where, flags, async (client) => {
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
    })
  },
})

export const kvLoad = command({
  summary: 'Store what kv dump printed, each key on its node',
  description:
    'Lines of JSON with key, value (or base64), flags and expires (seconds since 1970). What has expired is left out. Exit code 1: some were not stored.',
  words: { ...where, file: optional('the file; without it, or with -, standard input') },
  flags: kvFlags,
  forms: {},
  examples: ['kv load shop shop.jsonl', 'kv dump old:11211 | cachectl kv load shop'],
  async run({ flags, words, print }) {
    const lines = readText(words.file ?? '-').split('\n')
    const items = lines.flatMap((line, at) => {
      if (line.trim() === '') return []
      const item = readDumped(line)
      const problem = typeof item === 'string' ? item : keyProblem(item.key)
      if (problem !== undefined || typeof item === 'string') throw new Problem('general', `Line ${at + 1}: ${problem}.`)
      return [item]
    })
    const now = systemClock.now().getTime() / 1000
    const live = items.filter(({ expires }) => expires === undefined || expires > now)
    const stored = await withKv(words.where, flags, async (client) => {
      let count = 0
      for (let at = 0; at < live.length; at += AT_ONCE) {
        const outcomes = await Promise.all(
          live.slice(at, at + AT_ONCE).map((item) =>
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
    })
    const expired = items.length - live.length
    tell(`Stored ${stored} of ${items.length} items; ${expired} had expired.`)
    await print.answer({ items: items.length, stored, expired }, () => '')
    if (stored < live.length) throw new ExitWith(NOT_ALL)
  },
})
