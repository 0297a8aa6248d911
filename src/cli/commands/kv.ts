/** `cachectl kv`: data commands that find the node of a key as clients do. */
import { readFileSync } from 'node:fs'
import { exptimeOf, type KvClient, keyProblem, type Outcome } from '../../kv/client.ts'
import { written } from '../../kv/dump.ts'
import type { Item } from '../../kv/replies.ts'
import { systemClock } from '../../net/clock.ts'
import { endpoint } from '../../net/target.ts'
import { BaseCommand, word } from '../base-command.ts'
import { confirmOnTerminal } from '../confirm.ts'
import { text, toggle } from '../flags.ts'
import { kvFlags, whereWord, withKv } from '../kv-place.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { ExitWith, Problem, usageProblem } from '../problem.ts'
import { countOf } from '../seconds.ts'
import { spanOf } from '../span.ts'
import { forPeople, print, printBytes, printLine, tell } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

const NOT_SO = 1
const where = { where: word(whereWord, { required: true }) }
const key = { key: word('the key', { required: true }) }
const ttlFlag = {
  ttl: text({ summary: 'how long it lives: 90s, 15m, 7d (default: until evicted)', helpValue: '<time>' }),
}
const outcomeFlags = { ...kvFlags, ...outputOf('text (default) or json') }

function keyOf(given: string | undefined): string {
  const problem = keyProblem(given ?? '')
  if (problem !== undefined) throw usageProblem(`argument <key>: ${problem}`)
  return given ?? ''
}

function exptime(flags: FlagValues, ttl = flags.ttl): number {
  return typeof ttl === 'string' ? exptimeOf(Math.ceil(spanOf('--ttl', ttl) / 1000), systemClock.now()) : 0
}

/** Prints what a node said; exit code 1, when that is not what was asked for. */
async function report(
  where: string,
  flags: FlagValues,
  ask: (client: KvClient) => Promise<Outcome>,
  done: (reply: string) => boolean,
): Promise<void> {
  const json = choiceOf(flags, 'output', ['text', 'json'], 'text') === 'json'
  const { node, reply } = await withKv(where, flags, ask)
  printLine(json ? JSON.stringify({ reply, node: endpoint(node.host, node.port) }) : forPeople(reply))
  if (!done(reply)) throw new ExitWith(NOT_SO)
}

export class KvGet extends BaseCommand {
  static override summary = 'Print the value of a key, byte for byte'
  static override description =
    'On a terminal control characters, and bytes that are no text, are made visible; --output raw sends it those, too. Exit code 1: there is no such key.'
  static override args = { ...where, ...key }
  static override flags = { ...kvFlags, ...outputOf('raw (default through a pipe) or json') }
  static override examples = ['kv get shop greeting', 'kv get localhost:11211 picture > picture.png']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const json = choiceOf(flags, 'output', ['raw', 'json'], 'raw') === 'json'
    const name = keyOf(words[1])
    const [item] = await withKv(words[0] as string, flags, (client) => client.get([name]))
    if (!item) {
      tell(`There is no key ${name}.`)
      throw new ExitWith(NOT_SO)
    }
    if (json) printLine(JSON.stringify(itemView(item)))
    else printBytes(item.value, flags.output !== undefined)
  }
}

export class KvMget extends BaseCommand {
  static override summary = 'Print the values of several keys'
  static override description =
    'One line of JSON for each key that is there; a value that is no text is in base64. Exit code 1: some are not there.'
  static override args = { ...where, keys: word('the keys', { required: true, multiple: true }) }
  static override flags = kvFlags
  static override examples = ['kv mget shop greeting farewell']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const keys = words.slice(1).map(keyOf)
    if (keys.length === 0) throw usageProblem('the following arguments are required: <keys>...')
    const items = await withKv(words[0] as string, flags, (client) => client.get(keys))
    for (const item of items) printLine(JSON.stringify(itemView(item)))
    const missing = keys.filter((each) => !items.some((item) => item.key === each))
    if (missing.length === 0) return
    tell(`Not there: ${missing.join(', ')}`)
    throw new ExitWith(NOT_SO)
  }
}

/** As JSON: text as it is, anything else in base64. */
function itemView({ key: name, flags, value }: Item) {
  return { key: name, flags, ...written(value) }
}

abstract class KvStore extends BaseCommand {
  static override args = { ...where, ...key, value: word('the value; without it, standard input') }
  static override flags = {
    file: text({ summary: 'take the value from this file', helpValue: '<path>' }),
    ...ttlFlag,
    'client-flags': text({
      summary: 'the 32 bits that clients keep beside a value (default 0)',
      helpValue: '<number>',
    }),
    ...outcomeFlags,
  }
  protected abstract readonly verb: 'set' | 'add'

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const name = keyOf(words[1])
    const item = {
      value: valueFrom(words[2], flags.file),
      flags: typeof flags['client-flags'] === 'string' ? countOf('client-flags', flags['client-flags']) : 0,
      exptime: exptime(flags),
    }
    const ask = (client: KvClient) => client.store(this.verb, name, item)
    await report(words[0] as string, flags, ask, (reply) => reply === 'STORED')
  }
}

function valueFrom(given: string | undefined, file: FlagValues[string]): Buffer {
  if (given !== undefined && file !== undefined) throw usageProblem('A value, or --file: not both.')
  if (given !== undefined) return Buffer.from(given)
  try {
    return readFileSync(typeof file === 'string' ? file : 0)
  } catch (error) {
    throw new Problem('general', `Cannot read the value: ${(error as Error).message}`)
  }
}

export class KvSet extends KvStore {
  static override summary = 'Store a value under a key'
  static override examples = ['kv set shop greeting hello --ttl 15m', 'kv set shop picture --file picture.png']
  protected readonly verb = 'set'
}

export class KvAdd extends KvStore {
  static override summary = 'Store a value under a key that is not there yet'
  static override description = 'Exit code 1: the key is there (NOT_STORED).'
  static override examples = ['kv add shop lock me --ttl 30s']
  protected readonly verb = 'add'
}

export class KvDelete extends BaseCommand {
  static override summary = 'Delete a key'
  static override description = 'Exit code 1: there is no such key (NOT_FOUND).'
  static override args = { ...where, ...key }
  static override flags = outcomeFlags
  static override examples = ['kv delete shop greeting']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const name = keyOf(words[1])
    await report(
      words[0] as string,
      flags,
      (client) => client.delete(name),
      (reply) => reply === 'DELETED',
    )
  }
}

export class KvIncr extends BaseCommand {
  static override summary = 'Add to a number, or take away from it'
  static override description =
    'Prints the new number. It wraps at 2^64, and does not fall below 0, as Memcached has it. Exit code 1: there is no such key.'
  static override args = { ...where, ...key }
  static override flags = {
    by: text({ summary: 'how much (default 1); below 0 to take away', helpValue: '<number>' }),
    ...outcomeFlags,
  }
  static override examples = ['kv incr shop visits', 'kv incr shop stock --by=-3']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const name = keyOf(words[1])
    const by = typeof flags.by === 'string' ? flags.by : '1'
    if (!/^-?\d{1,20}$/.test(by)) throw usageProblem(`argument --by: invalid whole number: '${by}'`)
    await report(
      words[0] as string,
      flags,
      (client) => client.increase(name, BigInt(by)),
      (reply) => /^\d/.test(reply),
    )
  }
}

export class KvTouch extends BaseCommand {
  static override summary = 'Give a key another time to live'
  static override description = 'Exit code 1: there is no such key (NOT_FOUND).'
  static override args = {
    ...where,
    ...key,
    ttl: word('how long from now: 90s, 15m, 7d; 0: until evicted', { required: true }),
  }
  static override flags = outcomeFlags
  static override examples = ['kv touch shop greeting 1h']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const name = keyOf(words[1])
    const until = exptime(flags, words[2])
    await report(
      words[0] as string,
      flags,
      (client) => client.touch(name, until),
      (reply) => reply === 'TOUCHED',
    )
  }
}

export class KvStats extends BaseCommand {
  static override summary = 'Show the statistics of every node, side by side'
  static override args = { ...where, topic: word('settings, items, slabs, sizes, conns; without it, the general ones') }
  static override flags = { ...kvFlags, ...outputOf('table (default) or json') }
  static override examples = ['kv stats shop', 'kv stats localhost:11211 settings --output json']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const json = choiceOf(flags, 'output', ['table', 'json'], 'table') === 'json'
    const perNode = await withKv(words[0] as string, flags, (client) =>
      Promise.all(
        client.nodes.map(async (node) => ({
          node: endpoint(node.host, node.port),
          stats: Object.fromEntries(await client.stats(node, words[1])) as Record<string, string>,
        })),
      ),
    )
    if (json) return printLine(JSON.stringify(perNode, null, 4))
    const names = [...new Set(perNode.flatMap(({ stats }) => Object.keys(stats)))]
    const rows = forPeople(names.map((name) => [name, ...perNode.map(({ stats }) => stats[name] ?? '')]))
    printLine(await tableText(['Statistic', ...perNode.map(({ node }) => node)], rows))
  }
}

export class KvFlush extends BaseCommand {
  static override summary = 'Delete every item of every node'
  static override args = where
  static override flags = { yes: toggle({ summary: 'do not ask for confirmation' }), ...outcomeFlags }
  static override examples = ['kv flush shop --yes']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const place = words[0] as string
    const json = choiceOf(flags, 'output', ['text', 'json'], 'text') === 'json'
    const outcomes = await withKv(place, flags, async (client) => {
      const question = `Delete every item of ${place} (${client.nodes.length} nodes)?`
      await confirmOnTerminal(question, flags.yes === true)
      return Promise.all(client.nodes.map((node) => client.flush(node)))
    })
    for (const { node, reply } of outcomes) {
      const at = endpoint(node.host, node.port)
      print(json ? `${JSON.stringify({ reply, node: at })}\n` : `${at} ${forPeople(reply)}\n`)
    }
  }
}
