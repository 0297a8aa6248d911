/**
 * Writes src/acl/commands.generated.ts from what running servers say of themselves: `tsx src/tools/acl-commands.ts`, with
 * redis-server and valkey-server on PATH. Their versions are in the file; a command that Valkey has besides is in its second table.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const commandsFile = fileURLToPath(new URL('../acl/commands.generated.ts', import.meta.url))

const TRIES = 200

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

/** Of a server that is started for it and ends with it. */
async function commandsOf(program: string): Promise<{ version: string; commands: Commands }> {
  const directory = mkdtempSync(join(tmpdir(), 'acl-commands-'))
  const socket = join(directory, 'socket')
  const server = spawn(program, ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory], {
    stdio: 'ignore',
  })
  try {
    await untilItAnswers(socket)
    const [, version = '?'] = /v=(\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' })) ?? []
    const entries: Entry[] = JSON.parse(ask(socket, '--json', 'COMMAND'))
    return { version, commands: new Map(entries.flatMap(withSubcommands).sort(([a], [b]) => (a < b ? -1 : 1))) }
  } finally {
    server.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
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

async function untilItAnswers(socket: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      if (ask(socket, 'PING').startsWith('PONG')) return
    } catch {
      await pause(20)
    }
  }
  throw new Error(`no server answers at ${socket}`)
}

const CLIENT = 'redis-cli'

const ask = (socket: string, ...command: string[]): string =>
  execFileSync(CLIENT, ['-s', socket, ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href)
  writeFileSync(commandsFile, await generateCommands())
