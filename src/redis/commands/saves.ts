import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { Loader } from '../rdb/loader.ts'
import { persistenceOf } from '../rdb/persistence.ts'
import { snapshotOf } from '../rdb/snapshot.ts'
import { shutdownOf, shutdownOptions } from '../shutdown.ts'
import type { Row } from './command.ts'

/** When files are written and read, and the end of a node. */
export const SAVES: readonly Row[] = [
  { name: 'save', run: save },
  { name: 'bgsave', run: saveInBackground },
  { name: 'lastsave', run: ({ core, replies }) => replies.integer(Math.floor(persistenceOf(core).savedAt / 1000)) },
  { name: 'bgrewriteaof', run: rewriteNothing },
  { name: 'shutdown', run: shutdown },
]

const IN_PROGRESS = refusal('ERR Background save already in progress')
const NOT_SAVED = refusal('ERR')
const NO_SHUTDOWN = refusal('ERR No shutdown in progress.')
const ONLY_OPTIONS = refusal('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.')

function save({ core, replies }: Client): void {
  const persistence = persistenceOf(core)
  if (persistence.isSaving) throw IN_PROGRESS
  if (!persistence.save()) throw NOT_SAVED
  replies.ok()
}

function saveInBackground({ core, replies }: Client, args: Args): void {
  if (args.count > 2 || (args.count === 2 && !args.is(1, 'SCHEDULE'))) throw SYNTAX
  const persistence = persistenceOf(core)
  if (persistence.isSaving) throw IN_PROGRESS
  persistence.saveInBackground()
  replies.status('Background saving started')
}

/** There is no append-only file, as if `appendonly` had been changed by nobody: clients and suites go on all the same. */
function rewriteNothing({ core, replies }: Client): void {
  const when = persistenceOf(core).isSaving ? 'scheduled' : 'started'
  replies.status(`Background append only file rewriting ${when}`)
}

const SHUTDOWN_WORDS = ['save', 'nosave', 'now', 'force', 'abort']

function shutdown(client: Client, args: Args): void {
  const { core, replies } = client
  const words = new Set(args.words(1).map((word) => word.toString('latin1').toLowerCase()))
  if (![...words].every((word) => SHUTDOWN_WORDS.includes(word))) throw SYNTAX
  if ((words.has('abort') && words.size > 1) || (words.has('save') && words.has('nosave'))) throw SYNTAX
  if (!words.has('abort')) shutdownOf(core).askedBy(client, args, shutdownOptions(words))
  else if (shutdownOf(core).abort()) replies.ok()
  else throw NO_SHUTDOWN
}

/** DEBUG RELOAD: the file is written and loaded again, or only loaded. */
export function debugReload({ core, replies }: Client, args: Args): void {
  const words = args.words(2).map((word) => word.toString('latin1').toLowerCase())
  if (words.some((word) => !['merge', 'noflush', 'nosave'].includes(word))) throw ONLY_OPTIONS
  const persistence = persistenceOf(core)
  if (!words.includes('nosave') && !persistence.save()) throw NOT_SAVED
  if (!words.includes('noflush')) empty(core)
  try {
    persistence.loadAtOnce({ replaces: words.includes('merge'), keepsExpired: core.isReplica })
  } catch (error) {
    core.log('warning', error instanceof Error ? error.message : String(error))
    throw refusal(
      core.dialect.engine === 'valkey'
        ? 'ERR Error trying to load the RDB dump, check server logs.'
        : 'ERR Error trying to load the RDB dump',
    )
  }
  replies.ok()
}

/** DEBUG LOADAOF: there is no such file, but keys are put away and read again all the same. */
export function debugLoadAof({ core, replies }: Client): void {
  const file = snapshotOf(core).whole()
  empty(core)
  const loader = new Loader(core, { keepsExpired: core.isReplica })
  loader.feed(file)
  loader.end()
  for (const db of core.keyspace.databases) core.blocking.signalAll(db)
  replies.ok()
}

function empty(core: Client['core']): void {
  core.keyspace.flush(undefined)
  core.scripting.functions.clear()
}
