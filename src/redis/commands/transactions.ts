import { call } from '../call.ts'
import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { refusal } from '../protocol/refusals.ts'
import { endTransaction } from '../transaction.ts'
import type { Row } from './command.ts'

const NESTED = refusal('ERR MULTI calls can not be nested')
const NO_MULTI = refusal('ERR EXEC without MULTI')
const NO_DISCARD = refusal('ERR DISCARD without MULTI')
const WATCH_INSIDE = refusal('ERR WATCH inside MULTI is not allowed')
const ABORTED = refusal('EXECABORT Transaction discarded because of previous errors.')

/** The commands of transactions. */
export const TRANSACTIONS: readonly Row[] = [
  { name: 'multi', run: multi },
  { name: 'exec', run: exec },
  { name: 'discard', run: discard },
  { name: 'watch', run: watch },
  { name: 'unwatch', run: unwatch },
]

function multi(client: Client): void {
  if (client.transaction) throw NESTED
  client.transaction = { queue: [], bytes: 0, aborted: false }
  client.updateGate()
  client.replies.ok()
}

function exec(client: Client): void {
  const { core, replies, transaction } = client
  if (transaction === undefined) throw NO_MULTI
  const unchanged = core.watches.unchanged(client)
  endTransaction(client)
  if (transaction.aborted) throw ABORTED
  if (!unchanged) {
    replies.nullArray()
    return
  }
  const denied = client.denyBlocking
  client.denyBlocking = true
  core.nesting++
  replies.array(transaction.queue.length)
  for (const { command, args } of transaction.queue) {
    const refused = client.user?.unrestricted === false ? core.access.refusalSince(client, command, args) : undefined
    if (refused === undefined) call(client, command, args)
    else replies.error(refused)
  }
  core.nesting--
  client.denyBlocking = denied
  // Each of its commands has been passed on by itself.
  core.propagation.nothing()
}

function discard(client: Client): void {
  if (client.transaction === undefined) throw NO_DISCARD
  endTransaction(client)
  client.replies.ok()
}

function watch(client: Client, args: Args): void {
  if (client.transaction) throw WATCH_INSIDE
  const { core, db } = client
  // Keys are not watched for whom EXEC will be refused anyway.
  for (let i = 1; i < args.count; i++) {
    const entry = db.findKey(args.slice(i))
    const at = entry === 0 ? -1 : db.expiryOf(entry)
    core.watches.watch(client, args.bytesOf(i), at >= 0 && core.keyspace.isPast(at))
  }
  client.replies.ok()
}

function unwatch(client: Client): void {
  client.core.watches.unwatch(client)
  client.replies.ok()
}
