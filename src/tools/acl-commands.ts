/**
 * Writes src/acl/commands.generated.ts from what running servers say of themselves: `tsx src/tools/acl-commands.ts`, with
 * redis-server and valkey-server on PATH. Their versions are in the file; a command that Valkey has besides is in its second table.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { askServer } from './ask-server.ts'

export const commandsFile = fileURLToPath(new URL('../acl/commands.generated.ts', import.meta.url))

interface Facts {
  readonly categories: string
  /** Where its keys are, and what it does to them; empty: it has none. */
  readonly keys: string
}

/** Each command and subcommand, in the order of the alphabet. */
type Commands = ReadonlyMap<string, Facts>

/** A key specification of a server's answer. */
interface KeySpec {
  readonly flags: readonly string[]
  readonly begin_search: { readonly type: string; readonly spec: { readonly index?: number } }
  readonly find_keys: {
    readonly type: string
    readonly spec: { readonly lastkey?: number; readonly keystep?: number }
  }
}

/** What stands at these places of an entry of COMMAND. */
type Entry = readonly [name: string, ...skipped: unknown[]]
const CATEGORIES = 6
const KEY_SPECS = 8
const SUBCOMMANDS = 9

export async function generateCommands(): Promise<string> {
  const redis = await commandsOf('redis-server')
  const valkey = await commandsOf('valkey-server')
  const added = new Map([...valkey.commands].filter(([name]) => !redis.commands.has(name)))
  return [
    `/** Made by src/tools/acl-commands.ts of redis-server ${redis.version} and valkey-server ${valkey.version}; not to be edited. */`,
    'export type Row = readonly [facts: string, commands: string]',
    table('REDIS', redis.commands, 'categories'),
    table('VALKEY_BESIDES', added, 'categories'),
    '/** `<what it does>:<index of the first>:<of the last, from it>:<step>`, or `?` where keys are found in another way. */',
    table('KEYS', redis.commands, 'keys'),
    '',
  ].join('\n\n')
}

function table(name: string, commands: Commands, fact: keyof Facts): string {
  const rows = new Map<string, string[]>()
  for (const [command, { [fact]: text }] of commands) {
    if (text !== '') rows.set(text, [...(rows.get(text) ?? []), command])
  }
  const lines = [...rows].sort().map((row) => `  ${JSON.stringify([row[0], row[1].join(' ')])},`)
  return `export const ${name}: readonly Row[] = [\n${lines.join('\n')}\n]`
}

async function commandsOf(program: string): Promise<{ version: string; commands: Commands }> {
  const { version, answer } = await askServer(program, (ask): Entry[] => JSON.parse(ask('--json', 'COMMAND')))
  return { version, commands: new Map(answer.flatMap(withSubcommands).sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function withSubcommands(entry: Entry): [string, Facts][] {
  // COMMAND has these at these places.
  const categories = (entry[CATEGORIES] as string[]).map((name) => name.replace('@', '')).sort()
  // Channels of a shard have specifications too.
  const keys = (entry[KEY_SPECS] as KeySpec[]).filter(({ flags }) => !flags.includes('not_key')).map(keysText)
  const facts = { categories: categories.join(' '), keys: keys.includes('?') ? '?' : keys.join(' ') }
  return [[entry[0], facts], ...(entry[SUBCOMMANDS] as Entry[]).flatMap(withSubcommands)] // as above
}

function keysText({ flags, begin_search: begin, find_keys: find }: KeySpec): string {
  if (begin.type !== 'index' || find.type !== 'range') return '?'
  const writes = flags.some((flag) => flag === 'update' || flag === 'insert' || flag === 'delete')
  const access = `${flags.includes('access') ? 'r' : ''}${writes ? 'w' : ''}`
  return [access, begin.spec.index, find.spec.lastkey, find.spec.keystep].join(':')
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href)
  writeFileSync(commandsFile, await generateCommands())
