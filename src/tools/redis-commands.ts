/**
 * Writes what servers say of their commands (COMMAND, COMMAND DOCS, HELP of each container) to src/redis/commands/*.generated.ts: `tsx
 * src/tools/redis-commands.ts`, with redis-server and valkey-server on PATH. Of Valkey only what differs.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { askServer } from './ask-server.ts'

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../redis/commands/${name}.generated.ts`, import.meta.url))

/** Where the generated tables are. */
export const factsFile: string = fileOf('facts')
export const docsFile: string = fileOf('docs')
export const helpFile: string = fileOf('help')

interface KeySpec {
  readonly notes?: string
  readonly flags: readonly string[]
  readonly begin_search: { readonly type: string; readonly spec: object }
  readonly find_keys: { readonly type: string; readonly spec: object }
}

/** An entry of COMMAND. */
type Entry = readonly [
  name: string,
  arity: number,
  flags: readonly string[],
  first: number,
  last: number,
  step: number,
  categories: readonly string[],
  tips: readonly string[],
  keySpecs: readonly KeySpec[],
  subcommands: readonly Entry[],
]

interface Docs {
  readonly summary?: string
  readonly since: string
  readonly group: string
  readonly subcommands?: Readonly<Record<string, Docs>>
}

interface Server {
  readonly version: string
  readonly facts: ReadonlyMap<string, string>
  readonly docs: ReadonlyMap<string, string>
  readonly help: ReadonlyMap<string, string>
}

/** The text of the files. */
export async function generateTables(): Promise<{ facts: string; docs: string; help: string }> {
  const redis = await serverOf('redis-server')
  const valkey = await serverOf('valkey-server')
  const head = `/** Made by src/tools/redis-commands.ts of redis-server ${redis.version} and valkey-server ${valkey.version}; not to be edited. */`
  const file = (of: 'facts' | 'docs' | 'help'): string =>
    [
      head,
      'type Row = readonly [name: string, json: string]',
      table('REDIS', redis[of]),
      table('VALKEY', new Map([...valkey[of]].filter(([name, text]) => redis[of].get(name) !== text))),
      '',
    ].join('\n\n')
  return { facts: file('facts'), docs: file('docs'), help: file('help') }
}

function table(name: string, rows: ReadonlyMap<string, string>): string {
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map((row) => `  ${JSON.stringify(row)},`)
  return `export const ${name}: readonly Row[] = [\n${lines.join('\n')}\n]`
}

async function serverOf(program: string): Promise<Server> {
  const { version, answer } = await askServer(program, (ask) => {
    const docs: Readonly<Record<string, Docs>> = JSON.parse(ask('--json', 'COMMAND', 'DOCS'))
    const entries: readonly Entry[] = JSON.parse(ask('--json', 'COMMAND'))
    return {
      facts: new Map(entries.flatMap((entry) => factsOf(entry, docs))),
      docs: new Map(Object.entries(docs).map(([name, each]) => [name, JSON.stringify(withoutRepeats(each))])),
      help: new Map(
        entries.filter(hasHelp).map(([name]) => [name, JSON.stringify(JSON.parse(ask('--json', name, 'HELP')))]),
      ),
    }
  })
  return { version, ...answer }
}

const hasHelp = ([name, ...rest]: Entry): boolean =>
  (rest.at(-1) as readonly Entry[]).some(([part]) => part === `${name}|help`) // the last member

/** A row for each command and each of its subcommands, `config|get`. */
function factsOf(entry: Entry, docs: Readonly<Record<string, Docs>>): [string, string][] {
  const [name, arity, flags, first, last, step, categories, tips, keySpecs, subcommands] = entry
  const { since = '', group = '', subcommands: docsOfParts = {} } = docs[name] ?? {}
  // Servers keep subcommands in a hash table whose order is chance.
  const parts = [...subcommands].sort(([a], [b]) => (a < b ? -1 : 1))
  const row = { arity, flags, keys: [first, last, step], categories, tips, keySpecs, since, group }
  return [[name, JSON.stringify(row)], ...parts.flatMap((part) => factsOf(part, docsOfParts))]
}

/** Without what Valkey says again of each argument, and with subcommands, which come in an order of chance, in that of their names. */
function withoutRepeats(docs: unknown): unknown {
  if (Array.isArray(docs)) return docs.map(withoutRepeats)
  if (typeof docs !== 'object' || docs === null) return docs
  const name: unknown = Reflect.get(docs, 'name')
  const members = Object.entries(docs).filter(([member, value]) => !(member === 'display_text' && value === name))
  const isByName = members.every(([member]) => member.includes('|'))
  if (isByName) members.sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([member, value]) => [member, withoutRepeats(value)]))
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  const { facts, docs, help } = await generateTables()
  writeFileSync(factsFile, facts)
  writeFileSync(docsFile, docs)
  writeFileSync(helpFile, help)
}
