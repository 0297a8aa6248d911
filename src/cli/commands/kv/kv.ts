/** `cachectl kv`: data commands that find the node of a key as clients do. */
import { readFileSync } from 'node:fs'
import { errorMessage } from '../../../api/thrown.ts'
import { exptimeOf, type Outcome } from '../../../kv/client.ts'
import { written } from '../../../kv/dump.ts'
import type { Item } from '../../../kv/replies.ts'
import { deleteKey, expireIn, getValue, getValues, setValue } from '../../../kv/resp/keys.ts'
import { flushAll, statsOf } from '../../../kv/resp/nodes.ts'
import { systemClock } from '../../../net/clock.ts'
import { endpoint } from '../../../net/target.ts'
import { command } from '../../command.ts'
import { count, time } from '../../flag-kinds.ts'
import { text, type ValuesOf, value } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { confirmFlags } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import { textInParts } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import type { Style } from '../../output/style.ts'
import { ExitWith, NotSo, Problem, usageProblem } from '../../problem.ts'
import { spanOf } from '../../span.ts'
import { printBytes, readInput, tell } from '../../terminal.ts'
import { one, oneOrMore, optional } from '../../words.ts'
import { keyOf, keyWord, kvFlags, whereWord, withKv } from './place.ts'
import { printAnswer } from './resp/answer.ts'

const NOT_SO = 1
const where = { where: whereWord }
const key = { key: keyWord }

/** Prints what a node said; exit code 1, when that is not what was asked for. `refusals`: replies that have a sentence. */
async function report(
  print: Printer,
  outcome: Outcome,
  done: (reply: string) => boolean,
  refusals: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sentence = refusals[outcome.reply]
  await print.item(outcomeView(outcome), ({ reply }) => (sentence === undefined ? reply : undefined))
  if (sentence !== undefined) throw new NotSo(sentence)
  if (!done(outcome.reply)) throw new ExitWith(NOT_SO)
}

const noKey = (name: string): string => `There is no key ${name}.`

const outcomeView = ({ node, reply }: Outcome) => ({ reply, node: endpoint(node.host, node.port) })

export const kvGet = command({
  summary: 'Print the value of a key, byte for byte',
  description:
    'On a terminal control characters, and bytes that are no text, are made visible; --output raw sends it those, too. Exit code 1: there is no such key.',
  examples: ['kv get shop greeting', 'kv get localhost:11211 picture > picture.png'],
  words: { ...where, ...key },
  flags: kvFlags,
  forms: { own: ['raw'] },
  run: ({ words, flags, print }) =>
    withKv(words.where, flags, {
      async memcached(client) {
        const [item] = await client.get([keyOf(words.key)])
        if (!item) return notThere(words.key)
        await printValue(print, itemView(item), item.value)
      },
      async resp(client) {
        const value = await getValue(client, words.key)
        if (!value) return notThere(words.key)
        await printValue(print, { key: words.key, ...written(value) }, value)
      },
    }),
})

export const kvMget = command({
  summary: 'Print the values of several keys',
  description:
    'One line of JSON for each key that is there; a value that is no text is in base64. With --output also those that are not, with null. Exit code 1: some are not there.',
  examples: ['kv mget shop greeting farewell'],
  words: { ...where, keys: oneOrMore('the keys') },
  flags: kvFlags,
  forms: {},
  async run({ words: { where, keys }, flags, print }) {
    const views: { readonly key: string }[] = await withKv(where, flags, {
      memcached: async (client) => (await client.get(keys.map(keyOf))).map(itemView),
      resp: async (client) =>
        (await getValues(client, keys)).flatMap((value, at) =>
          value ? { key: keys[at] ?? '', ...written(value) } : [],
        ),
    })
    for (const each of views) await print.item(each, (view) => JSON.stringify(view))
    const missing = keys.filter((each) => !views.some(({ key: there }) => there === each))
    // As data every key has an answer: none at all could be a command that failed.
    if (print.form !== 'readable') for (const key of missing) await print.item({ key, value: null }, () => undefined)
    if (missing.length === 0) return
    throw new NotSo(`Not there: ${missing.join(', ')}`)
  },
})

function notThere(name: string): never {
  throw new NotSo(noKey(name))
}

async function printValue<T>(print: Printer<'raw'>, view: T, value: Buffer): Promise<void> {
  const bytes = (asTheyAre: boolean) => (): undefined => printBytes(value, asTheyAre) as undefined // it writes, and leaves nothing to print
  await print.item(view, bytes(false), { raw: bytes(true) })
}

/** As JSON: text as it is, anything else in base64. */
function itemView({ key: name, flags, value: bytes }: Item) {
  return { key: name, flags, ...written(bytes) }
}

const storeWords = { ...where, ...key, value: optional('the value; without it, standard input') }
const storeFlags = {
  file: text({ summary: 'take the value from this file', helpValue: '<path>' }),
  ttl: time({ summary: 'how long it lives: 90s, 15m, 7d (default: until evicted)', otherwise: 0 }),
  'client-flags': count({
    summary: 'the 32 bits that clients of Memcached keep beside a value (default 0)',
    helpValue: '<number>',
  }),
  ...kvFlags,
}

async function store(
  verb: 'set' | 'add',
  words: { readonly where: string; readonly key: string; readonly value: string | undefined },
  flags: ValuesOf<typeof storeFlags>,
  print: Printer,
): Promise<void> {
  const { key: name, where: place } = words
  const value = valueFrom(words.value, flags.file)
  await withKv(place, flags, {
    async memcached(client) {
      const item = { value, flags: flags['client-flags'] ?? 0, exptime: exptime(flags.ttl) }
      await report(print, await client.store(verb, keyOf(name), item), (reply) => reply === 'STORED')
    },
    async resp(client) {
      if (flags['client-flags'] !== undefined)
        throw usageProblem('argument --client-flags: for nodes of Memcached only')
      const stored = await setValue(client, name, value, { ttlMs: flags.ttl, onlyNew: verb === 'add' })
      await printAnswer(print, stored, `The key ${name} is there already.`)
    },
  })
}

const exptime = (ttlMs: number): number => (ttlMs === 0 ? 0 : exptimeOf(Math.ceil(ttlMs / 1000), systemClock.now()))

function valueFrom(given: string | undefined, file: string | undefined): Buffer {
  if (given !== undefined && file !== undefined) throw usageProblem('A value, or --file: not both.')
  if (given !== undefined) return Buffer.from(given)
  try {
    return file === undefined ? readInput() : readFileSync(file)
  } catch (error) {
    throw new Problem('general', `Cannot read the value: ${errorMessage(error)}`)
  }
}

export const kvSet = command({
  summary: 'Store a value under a key',
  examples: ['kv set shop greeting hello --ttl 15m', 'kv set shop picture --file picture.png'],
  words: storeWords,
  flags: storeFlags,
  forms: {},
  run: ({ words, flags, print }) => store('set', words, flags, print),
})

export const kvAdd = command({
  summary: 'Store a value under a key that is not there yet',
  description: 'Exit code 1: the key is there (Memcached says NOT_STORED).',
  examples: ['kv add shop lock me --ttl 30s'],
  words: storeWords,
  flags: storeFlags,
  forms: {},
  run: ({ words, flags, print }) => store('add', words, flags, print),
})

export const kvDelete = command({
  summary: 'Delete a key',
  description: 'Exit code 1: there is no such key.',
  examples: ['kv delete shop greeting'],
  words: { ...where, ...key },
  flags: kvFlags,
  forms: {},
  run: ({ words, flags, print }) =>
    withKv(words.where, flags, {
      memcached: async (client) =>
        report(print, await client.delete(keyOf(words.key)), (reply) => reply === 'DELETED', {
          NOT_FOUND: noKey(words.key),
        }),
      resp: async (client) => printAnswer(print, await deleteKey(client, words.key), noKey(words.key)),
    }),
})

export const kvIncr = command({
  summary: 'Add to a number, or take away from it',
  description:
    'Prints the new number. Memcached wraps at 2^64, does not fall below 0, and has exit code 1 where there is no such key; Redis OSS and Valkey count from 0 then, and have 63 bits and a sign.',
  examples: ['kv incr shop visits', 'kv incr shop stock --by=-3'],
  words: { ...where, ...key },
  flags: {
    by: value(
      { summary: 'how much (default 1); below 0 to take away', helpValue: '<number>', otherwise: 1n },
      amountOf,
    ),
    ...kvFlags,
  },
  forms: {},
  run: ({ words, flags, print }) =>
    withKv(words.where, flags, {
      memcached: async (client) =>
        report(print, await client.increase(keyOf(words.key), flags.by), (reply) => /^\d/.test(reply), {
          NOT_FOUND: noKey(words.key),
        }),
      resp: async (client) => printAnswer(print, await client.ask(words.key, 'INCRBY', words.key, flags.by)),
    }),
})

function amountOf(said: string, argument: string): bigint {
  if (/^-?\d{1,20}$/.test(said)) return BigInt(said)
  throw usageProblem(`argument ${argument}: invalid whole number: '${said}'`)
}

export const kvTouch = command({
  summary: 'Give a key another time to live',
  description: 'Exit code 1: there is no such key.',
  examples: ['kv touch shop greeting 1h'],
  words: {
    ...where,
    ...key,
    ttl: one('how long from now: 90s, 15m, 7d; 0: until evicted', (said) => spanOf('<ttl>', said)),
  },
  flags: kvFlags,
  forms: {},
  run: ({ words, flags, print }) =>
    withKv(words.where, flags, {
      memcached: async (client) =>
        report(print, await client.touch(keyOf(words.key), exptime(words.ttl)), (reply) => reply === 'TOUCHED', {
          NOT_FOUND: noKey(words.key),
        }),
      resp: async (client) => printAnswer(print, await expireIn(client, words.key, words.ttl), noKey(words.key)),
    }),
})

export const kvStats = command({
  summary: 'Show the statistics of every node, side by side',
  examples: ['kv stats shop', 'kv stats localhost:11211 settings --output json'],
  words: {
    ...where,
    topic: optional(
      'of Memcached settings, items, slabs, sizes, conns; else a section of INFO: memory, replication, cluster; without it, the general ones',
    ),
  },
  flags: kvFlags,
  forms: {},
  async run({ words, flags, print }) {
    await withKv(words.where, flags, {
      async memcached(client) {
        const perNode = await Promise.all(
          client.nodes.map(async (node) => ({
            node: endpoint(node.host, node.port),
            stats: Object.fromEntries(await client.stats(node, words.topic)),
          })),
        )
        await print.answer(perNode, statsText)
      },
      async resp(client) {
        const { answered, failed } = await statsOf(client, words.topic)
        if (answered.length === 0) throw failed[0]
        if (answered.every(({ stats }) => Object.keys(stats).length === 0)) {
          throw new Problem(
            'general',
            `${words.where} has no section ${words.topic} of INFO.`,
            'Without one all the usual ones are shown.',
          )
        }
        await print.answer(answered, statsText)
        if (failed.length === 0) return
        for (const each of failed) tell(errorMessage(each))
        throw new ExitWith(NOT_SO)
      },
    })
  },
})

function statsText(
  perNode: readonly { readonly node: string; readonly stats: Readonly<Record<string, string>> }[],
  style: Style,
): string {
  const names = [...new Set(perNode.flatMap(({ stats }) => Object.keys(stats)))]
  const columns: Column<string>[] = [
    { head: 'Statistic', of: (name) => name, long: true },
    ...perNode.map(({ node, stats }) => ({ head: node, of: (name: string) => stats[name] ?? '', long: true as const })),
  ]
  return textInParts(columns, 1, names, style)
}

export const kvFlush = command({
  summary: 'Delete every item of every node',
  description: 'Of Redis OSS and Valkey: every key of every database (FLUSHALL), on every primary.',
  examples: ['kv flush shop --yes'],
  words: where,
  flags: { ...confirmFlags, ...kvFlags },
  forms: {},
  async run({ words, flags, print }) {
    const outcomes: readonly FlushedView[] = await withKv(words.where, flags, {
      async memcached(client) {
        const question = `Delete every item of ${words.where} (${client.nodes.length} nodes)?`
        await confirmDestruction(question, flags.yes)
        return Promise.all(client.nodes.map(async (node) => outcomeView(await client.flush(node))))
      },
      async resp(client) {
        const question = `Delete every key of ${words.where} (${client.primaries.length} primaries)?`
        await confirmDestruction(question, flags.yes)
        return flushAll(client)
      },
    })
    for (const outcome of outcomes) await print.item(outcome, ({ node, reply }) => `${node} ${reply}`)
  },
})

type FlushedView = ReturnType<typeof outcomeView>
