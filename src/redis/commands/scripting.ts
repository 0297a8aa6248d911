import { matches } from '../../acl/glob.ts'
import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { NOT_AN_INTEGER, type Refusal, refusal } from '../protocol/refusals.ts'
import type { Replies } from '../protocol/replies.ts'
import { formatOf } from '../rdb/value-writer.ts'
import { subcommandSyntax } from '../refused.ts'
import { dumpLibraries, readLibraries } from '../scripting/dump.ts'
import { SCRIPT_FLAGS } from '../scripting/flags.ts'
import type { FunctionLibrary } from '../scripting/functions.ts'
import type { CachedScript } from '../scripting/scripting.ts'
import type { FlagFinder, Row } from './command.ts'
import { helpOf } from './help.ts'

const NO_SCRIPT = refusal('NOSCRIPT No matching script. Please use EVAL.')
const NO_SCRIPT_VALKEY = refusal('NOSCRIPT No matching script.')
const TOO_MANY_KEYS = refusal("ERR Number of keys can't be greater than number of args")
const NEGATIVE_KEYS = refusal("ERR Number of keys can't be negative")
const BAD_KEYS = refusal('ERR Bad number of keys provided')
const NO_FUNCTION = refusal('ERR Function not found')
const NO_LIBRARY = refusal('ERR Library not found')
const NOT_BUSY = refusal('NOTBUSY No scripts in execution right now.')
const FROM_PRIMARY = refusal(
  'UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be killed.',
)
const HAS_WRITTEN = refusal(
  'UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.',
)
const NO_DEBUGGER = refusal('ERR SCRIPT DEBUG is not supported: the debugger of Lua is not part of this node')
const FLUSH_OPTION = refusal('ERR SCRIPT FLUSH only support SYNC|ASYNC option')
const FUNCTION_FLUSH_OPTION = refusal('ERR FUNCTION FLUSH only supports SYNC|ASYNC option')
const NO_CODE = refusal('ERR Function code is missing')
const NO_PATTERN = refusal('ERR library name argument was not given')
const BAD_POLICY = refusal('ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.')

const SHA_LENGTH = 40
/** Versions of the file format, by engine. */

/** Scripts say of themselves whether they write, and what else checks go by. */
const flagsOf =
  (name: string): FlagFinder =>
  ({ core }, args, flags) =>
    core.scripting.flagsOf(name, args, flags)

/** The commands of scripts and functions. */
export const SCRIPTING: readonly Row[] = [
  { name: 'eval', run: (client, args) => evaluate(client, args, false), flagsOf: flagsOf('eval') },
  { name: 'eval_ro', run: (client, args) => evaluate(client, args, true), flagsOf: flagsOf('eval_ro') },
  { name: 'evalsha', run: (client, args) => evaluateSha(client, args, false), flagsOf: flagsOf('evalsha') },
  { name: 'evalsha_ro', run: (client, args) => evaluateSha(client, args, true), flagsOf: flagsOf('evalsha_ro') },
  { name: 'fcall', run: (client, args) => callFunction(client, args, false), flagsOf: flagsOf('fcall') },
  { name: 'fcall_ro', run: (client, args) => callFunction(client, args, true), flagsOf: flagsOf('fcall_ro') },
  { name: 'script' },
  { name: 'script|load', run: loadScript },
  { name: 'script|exists', run: existScripts },
  { name: 'script|flush', run: flushScripts },
  { name: 'script|kill', run: (client) => kill(client, 'eval') },
  { name: 'script|debug', run: debugScripts },
  { name: 'script|show', run: showScript },
  helpOf('script'),
  { name: 'function' },
  { name: 'function|load', run: loadFunctions },
  { name: 'function|delete', run: deleteFunctions },
  { name: 'function|list', run: listFunctions },
  { name: 'function|dump', run: dumpFunctions },
  { name: 'function|restore', run: restoreFunctions },
  { name: 'function|flush', run: flushFunctions },
  { name: 'function|kill', run: (client) => kill(client, 'function') },
  { name: 'function|stats', run: tellFunctions },
  helpOf('function'),
]

function countKeys(args: Args, otherwise: Refusal): number {
  const keys = args.integer(2, otherwise)
  if (keys > args.count - 3) throw TOO_MANY_KEYS
  if (keys < 0) throw NEGATIVE_KEYS
  return keys
}

function evaluate(client: Client, args: Args, readOnly: boolean): void {
  const keys = countKeys(args, NOT_AN_INTEGER)
  const script = client.core.scripting.load(args.text(1))
  if (typeof script === 'string') throw refusal(script)
  runScript(client, args, script, keys, readOnly)
}

function evaluateSha(client: Client, args: Args, readOnly: boolean): void {
  const { scripting, dialect } = client.core
  const missing = dialect.engine === 'valkey' ? NO_SCRIPT_VALKEY : NO_SCRIPT
  if (args.length(1) !== SHA_LENGTH) throw missing
  const keys = countKeys(args, NOT_AN_INTEGER)
  const script = scripting.find(args.text(1).toLowerCase())
  if (script === undefined) throw missing
  runScript(client, args, script, keys, readOnly)
}

function runScript(client: Client, args: Args, script: CachedScript, keys: number, readOnly: boolean): void {
  client.core.scripting.run(client, args, {
    name: script.sha,
    code: script.code,
    kind: 'eval',
    flags: script.flags,
    readOnly,
    ...wordsOf(args, keys),
  })
}

function wordsOf(args: Args, keys: number): { readonly keys: string[]; readonly args: string[] } {
  const words: string[] = []
  for (let at = 3; at < args.count; at++) words.push(args.text(at))
  return { keys: words.slice(0, keys), args: words.slice(keys) }
}

function callFunction(client: Client, args: Args, readOnly: boolean): void {
  const { scripting } = client.core
  const found = scripting.functions.find(args.text(1))
  if (found === undefined) throw NO_FUNCTION
  const keys = countKeys(args, BAD_KEYS)
  scripting.run(client, args, {
    name: found.name,
    code: found.callback,
    kind: 'function',
    flags: found.flags,
    readOnly,
    ...wordsOf(args, keys),
  })
}

function loadScript({ core, replies }: Client, args: Args): void {
  const script = core.scripting.load(args.text(2))
  if (typeof script === 'string') throw refusal(script)
  replies.bulkText(script.sha)
}

function existScripts({ core, replies }: Client, args: Args): void {
  replies.array(args.count - 2)
  for (let at = 2; at < args.count; at++) replies.integer(core.scripting.find(args.text(at)) === undefined ? 0 : 1)
}

function flushScripts({ core, replies }: Client, args: Args): void {
  if (args.count > 3 || (args.count === 3 && !args.is(2, 'SYNC') && !args.is(2, 'ASYNC'))) throw FLUSH_OPTION
  core.scripting.flush()
  replies.ok()
}

function kill({ core, replies }: Client, kind: 'eval' | 'function'): void {
  const { running } = core.scripting
  if (running === undefined) throw NOT_BUSY
  if (running.caller.kind === 'master') throw FROM_PRIMARY
  if (running.dirty) throw HAS_WRITTEN
  if (running.invocation.kind !== kind) throw refusal(core.scripting.busyText(running.invocation.kind))
  running.killed = true
  replies.ok()
}

function debugScripts({ replies }: Client, args: Args): void {
  // "no" is what there is.
  if (!args.is(2, 'NO')) throw NO_DEBUGGER
  replies.ok()
}

function showScript({ core, replies }: Client, args: Args): void {
  const script = args.length(2) === SHA_LENGTH ? core.scripting.find(args.text(2).toLowerCase()) : undefined
  if (script === undefined) throw NO_SCRIPT_VALKEY
  replies.bulkText(script.source)
}

function loadFunctions({ core, replies }: Client, args: Args): void {
  let replace = false
  for (let at = 2; at < args.count - 1; at++) {
    if (!args.is(at, 'REPLACE')) throw refusal(`ERR Unknown option given: ${args.shown(at)}`)
    replace = true
  }
  if (args.count < 3) throw NO_CODE
  const library = core.scripting.loadLibrary(args.text(args.count - 1), replace)
  if (typeof library === 'string') throw refusal(library)
  core.keyspace.dirty++
  replies.bulkText(library.name)
}

function deleteFunctions({ core, replies }: Client, args: Args): void {
  const { functions } = core.scripting
  const library = functions.libraries.get(args.text(2))
  if (library === undefined) throw NO_LIBRARY
  functions.remove(library)
  core.keyspace.dirty++
  replies.ok()
}

function listFunctions({ core, replies }: Client, args: Args): void {
  let withCode = false
  let pattern: string | undefined
  for (let at = 2; at < args.count; at++) {
    if (!withCode && args.is(at, 'WITHCODE')) withCode = true
    else if (pattern === undefined && args.is(at, 'LIBRARYNAME')) {
      if (at + 1 >= args.count) throw NO_PATTERN
      pattern = args.text(++at).toLowerCase()
    } else throw refusal(`ERR Unknown argument ${args.shown(at)}`)
  }
  const libraries = [...core.scripting.functions.libraries.values()]
  const shown = libraries.filter(({ name }) => pattern === undefined || matches(pattern, name.toLowerCase()))
  replies.array(shown.length)
  for (const library of shown) tellLibrary(replies, library, withCode)
}

function tellLibrary(replies: Replies, { name, functions, code }: FunctionLibrary, withCode: boolean): void {
  replies.map(withCode ? 4 : 3)
  replies.bulkText('library_name')
  replies.bulkText(name)
  replies.bulkText('engine')
  replies.bulkText('LUA')
  replies.bulkText('functions')
  replies.array(functions.size)
  for (const { name: own, description, flags } of functions.values()) {
    replies.map(3)
    replies.bulkText('name')
    replies.bulkText(own)
    replies.bulkText('description')
    if (description === undefined) replies.null()
    else replies.bulkText(description)
    replies.bulkText('flags')
    const named = SCRIPT_FLAGS.filter((flag) => flags.has(flag))
    replies.set(named.length)
    for (const flag of named) replies.status(flag)
  }
  if (!withCode) return
  replies.bulkText('library_code')
  replies.bulkText(code)
}

function dumpFunctions({ core, replies }: Client): void {
  const sources = [...core.scripting.functions.libraries.values()].map(({ code }) => Buffer.from(code, 'latin1'))
  replies.bulkBytes(dumpLibraries(sources, formatOf(core)))
}

function restoreFunctions({ core, replies }: Client, args: Args): void {
  if (args.count > 4) throw refusal(subcommandSyntax(args))
  const policy = args.count < 4 ? 'append' : args.text(3).toLowerCase()
  if (policy !== 'append' && policy !== 'replace' && policy !== 'flush') throw BAD_POLICY
  const sources = readLibraries(args.slice(2))
  if (typeof sources === 'string') throw refusal(sources)
  const refused = core.scripting.restoreLibraries(
    sources.map((source) => source.toString('latin1')),
    policy,
  )
  if (refused !== undefined) throw refusal(refused)
  core.keyspace.dirty++
  replies.ok()
}

function flushFunctions({ core, replies }: Client, args: Args): void {
  if (args.count > 3) throw refusal(subcommandSyntax(args))
  if (args.count === 3 && !args.is(2, 'SYNC') && !args.is(2, 'ASYNC')) throw FUNCTION_FLUSH_OPTION
  core.scripting.functions.clear()
  core.keyspace.dirty++
  replies.ok()
}

function tellFunctions({ core, replies }: Client): void {
  const { scripting } = core
  const { running, functions } = scripting
  if (running?.invocation.kind === 'eval') throw refusal(scripting.busyText('eval'))
  replies.map(2)
  replies.bulkText('running_script')
  if (running === undefined) replies.null()
  else {
    replies.map(3)
    replies.bulkText('name')
    replies.bulkText(running.invocation.name)
    replies.bulkText('command')
    replies.array(running.words.length)
    for (const word of running.words) replies.bulkBytes(word)
    replies.bulkText('duration_ms')
    replies.integer(Math.floor(core.clock.monotonicMs() - running.startedAt))
  }
  replies.bulkText('engines')
  replies.map(1)
  replies.bulkText('LUA')
  replies.map(2)
  replies.bulkText('libraries_count')
  replies.integer(functions.libraries.size)
  replies.bulkText('functions_count')
  replies.integer(functions.functionCount)
}
