import { keyProblem } from '../../kv/client.ts'
import { bytesOf, dumpNode, readDumped } from '../../kv/dump.ts'
import { systemClock } from '../../net/clock.ts'
import { BaseCommand, word } from '../base-command.ts'
import { kvFlags, whereWord, withKv } from '../kv-place.ts'
import { ExitWith, Problem } from '../problem.ts'
import { printLine, tell } from '../terminal.ts'
import { readText } from './text-input.ts'

const where = { where: word(whereWord, { required: true }) }
const AT_ONCE = 100
const NOT_ALL = 1

export class KvDump extends BaseCommand {
  static override summary = 'Print every item of every node, one line of JSON each'
  static override description =
    'For small data sets. It needs lru_crawler, which ElastiCache took away with Memcached 1.6.17: there, and on serverless caches, no client can list keys.'
  static override args = where
  static override flags = kvFlags
  static override examples = ['kv dump shop > shop.jsonl']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    await withKv(words[0] as string, flags, async (client) => {
      for (const node of client.nodes) {
        try {
          for await (const item of dumpNode(client, node)) printLine(JSON.stringify(item))
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
  }
}

export class KvLoad extends BaseCommand {
  static override summary = 'Store what kv dump printed, each key on its node'
  static override description =
    'Lines of JSON with key, value (or base64), flags and expires (seconds since 1970). What has expired is left out. Exit code 1: some were not stored.'
  static override args = { ...where, file: word('the file; without it, or with -, standard input') }
  static override flags = kvFlags
  static override examples = ['kv load shop shop.jsonl', 'kv dump old:11211 | cachectl kv load shop']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const lines = readText(words[1] ?? '-').split('\n')
    const items = lines.flatMap((line, at) => {
      if (line.trim() === '') return []
      const item = readDumped(line)
      const problem = typeof item === 'string' ? item : keyProblem(item.key)
      if (problem !== undefined || typeof item === 'string') throw new Problem('general', `Line ${at + 1}: ${problem}.`)
      return [item]
    })
    const now = systemClock.now().getTime() / 1000
    const live = items.filter(({ expires }) => expires === undefined || expires > now)
    const stored = await withKv(words[0] as string, flags, async (client) => {
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
    tell(`Stored ${stored} of ${items.length} items; ${items.length - live.length} had expired.`)
    if (stored < live.length) throw new ExitWith(NOT_ALL)
  }
}
