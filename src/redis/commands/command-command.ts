import { matcher } from '../../acl/glob.ts'
import type { Client } from '../client.ts'
import { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import type { Replies } from '../protocol/replies.ts'
import { type Command, NO_MANDATORY_KEYS, type Row } from './command.ts'
import { helpOf } from './help.ts'
import { keyFlags, keysOf } from './keys.ts'

const INVALID = refusal('ERR Invalid command specified')
const NO_KEYS = refusal('ERR The command has no key arguments')
const WRONG_WORDS = refusal('ERR Invalid number of arguments specified for command')
const NOT_AT_HAND = refusal('ERR COMMAND DOCS has to be asked outside of transactions and scripts once')
const NO_KEYS_FOUND = refusal('ERR Invalid arguments specified for command')

/** COMMAND. */
export const COMMAND: readonly Row[] = [
  { name: 'command', run: all },
  { name: 'command|count', run: ({ core, replies }) => replies.integer(core.commands.commands.size) },
  { name: 'command|info', run: info },
  { name: 'command|docs', run: docs },
  { name: 'command|list', run: list },
  { name: 'command|getkeys', run: (client, args) => getKeys(client, args, false) },
  { name: 'command|getkeysandflags', run: (client, args) => getKeys(client, args, true) },
  helpOf('command'),
]

function all({ core, replies }: Client): void {
  replies.array(core.commands.commands.size)
  for (const command of core.commands.commands.values()) describe(replies, command)
}

function found({ core }: Client, name: string): Command | undefined {
  const [first = '', sub, ...more] = name.toLowerCase().split('|')
  if (more.length > 0) return undefined
  const command = core.commands.commands.get(first)
  return sub === undefined ? command : command?.subcommands.get(sub)
}

function info(client: Client, args: Args): void {
  if (args.count === 2) {
    all(client)
    return
  }
  client.replies.array(args.count - 2)
  for (let i = 2; i < args.count; i++) {
    const command = found(client, args.text(i))
    if (command) describe(client.replies, command)
    else client.replies.null()
  }
}

function statuses(replies: Replies, words: readonly string[]): void {
  replies.set(words.length)
  for (const word of words) replies.status(word)
}

function describe(replies: Replies, { name, facts, subcommands }: Command): void {
  const [first, last, step] = facts.keys
  replies.array(10)
  replies.bulkText(name)
  replies.integer(facts.arity)
  statuses(replies, facts.flags)
  replies.integer(first)
  replies.integer(last)
  replies.integer(step)
  statuses(replies, facts.categories)
  replies.set(facts.tips.length)
  for (const tip of facts.tips) replies.bulkText(tip)
  replies.set(facts.keySpecs.length)
  for (const { notes, flags, begin_search: begin, find_keys: find } of facts.keySpecs) {
    replies.map(notes === undefined ? 3 : 4)
    if (notes !== undefined) {
      replies.bulkText('notes')
      replies.bulkText(notes)
    }
    replies.bulkText('flags')
    statuses(replies, flags)
    for (const [title, { type, spec }] of [
      ['begin_search', begin],
      ['find_keys', find],
    ] as const) {
      replies.bulkText(title)
      replies.map(2)
      replies.bulkText('type')
      replies.bulkText(type)
      replies.bulkText('spec')
      const members = Object.entries(spec)
      replies.map(members.length)
      for (const [member, value] of members) {
        replies.bulkText(member)
        if (typeof value === 'number') replies.integer(value)
        else replies.bulkText(String(value))
      }
    }
  }
  replies.set(subcommands.size)
  for (const each of subcommands.values()) describe(replies, each)
}

function list({ core, replies }: Client, args: Args): void {
  const commands = [...core.commands.all()].filter(args.count === 2 ? () => true : filterOf(args))
  replies.array(commands.length)
  for (const { name } of commands) replies.bulkText(name)
}

function filterOf(args: Args): (command: Command) => boolean {
  if (args.count !== 5 || !args.is(2, 'FILTERBY')) throw SYNTAX
  if (args.is(3, 'PATTERN')) {
    const fits = matcher(args.text(4).toLowerCase())
    return ({ name }) => fits(name)
  }
  if (args.is(3, 'ACLCAT')) {
    const category = `@${args.text(4).toLowerCase()}`
    return ({ facts }) => facts.categories.includes(category)
  }
  if (args.is(3, 'MODULE')) return () => false
  throw SYNTAX
}

function getKeys(client: Client, args: Args, withFlags: boolean): void {
  const { replies } = client
  const words = Args.of(args.words(2))
  let command = client.core.commands.find(words)
  if (command && command.subcommands.size > 0 && words.count > 1) {
    command = command.subcommands.get(words.text(1).toLowerCase()) ?? command
  }
  if (command === undefined) throw INVALID
  const hasKeys =
    command.facts.keySpecs.some(({ flags }) => !flags.includes('not_key')) || command.findKeys !== undefined
  if (!hasKeys) throw NO_KEYS
  if (!command.takes(words.count)) throw WRONG_WORDS
  const keys = keysOf(command, words)
  if (keys === undefined || keys.length === 0) {
    if ((command.flags & NO_MANDATORY_KEYS) === 0) throw NO_KEYS_FOUND
    replies.array(0)
    return
  }
  replies.array(keys.length)
  for (const key of keys) {
    if (!withFlags) {
      replies.bulkBytes(words.bytesOf(key))
      continue
    }
    replies.array(2)
    replies.bulkBytes(words.bytesOf(key))
    statuses(replies, keyFlags(command, words, key))
  }
}

/** What docs.generated.ts holds, once someone has asked. */
let loaded: Readonly<Record<'redis' | 'valkey', ReadonlyMap<string, string>>> | undefined

async function loadDocs() {
  const { REDIS, VALKEY } = await import('./docs.generated.ts')
  const redis = new Map(REDIS)
  loaded = { redis, valkey: new Map([...redis, ...VALKEY]) }
}

function docs(client: Client, args: Args): void {
  const { core } = client
  if (loaded === undefined) {
    // A third of a megabyte that few ever ask for.
    const loading = loadDocs()
    if (!core.blocking.mayBlock(client)) throw NOT_AT_HAND
    core.blocking.until(client, args, loading)
    return
  }
  const texts = loaded[core.dialect.engine]
  const asked =
    args.count === 2
      ? [...core.commands.commands.values()]
      : Array.from({ length: args.count - 2 }, (_, i) => found(client, args.text(i + 2))).filter(
          (each) => each !== undefined,
        )
  client.replies.map(asked.length)
  for (const { name } of asked) {
    client.replies.bulkText(name)
    const [container = '', sub] = name.split('|')
    const whole: Documented = JSON.parse(texts.get(container) ?? '{}')
    // A subcommand is told in its container.
    const parts = whole.subcommands as Record<string, Documented> | undefined
    document(client.replies, sub === undefined ? whole : (parts?.[name] ?? {}), core.dialect.engine === 'valkey')
  }
}

type Documented = Readonly<Record<string, unknown>>

const SETS = ['flags', 'doc_flags']
const MAPS = ['arguments']

const PARTED = ['oneof', 'block']

/** Valkey gives each argument that has no parts a text to show, which mostly is its name, and kept only where it isn't. */
function named(argument: Documented): Documented {
  const { name, type, ...more } = argument
  return PARTED.includes(String(type)) ? argument : { name, type, display_text: name, ...more }
}

/** Maps and arrays as they are; flags are sets of statuses. */
function document(replies: Replies, docs: Documented, repeatsNames: boolean): void {
  const members = Object.entries(docs)
  replies.map(members.length)
  for (const [name, value] of members) {
    replies.bulkText(name)
    if (SETS.includes(name))
      statuses(replies, value as string[]) // flags are words
    else if (name === 'history') {
      const entries = value as unknown[] // pairs
      replies.set(entries.length)
      for (const entry of entries) plain(replies, entry, repeatsNames)
    } else if (MAPS.includes(name)) {
      const parts = value as Documented[] // arguments are maps
      replies.array(parts.length)
      for (const part of parts) document(replies, repeatsNames ? named(part) : part, repeatsNames)
    } else plain(replies, value, repeatsNames)
  }
}

function plain(replies: Replies, value: unknown, repeatsNames: boolean): void {
  if (typeof value === 'number') replies.integer(value)
  else if (Array.isArray(value)) {
    replies.array(value.length)
    for (const each of value) plain(replies, each, repeatsNames)
  } else if (typeof value === 'object' && value !== null)
    document(replies, value as Documented, repeatsNames) // of JSON
  else replies.bulkText(String(value))
}
