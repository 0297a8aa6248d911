import type { Client } from './client.ts'
import { type Command, NO_AUTH, NO_MULTI, SKIP_MONITOR } from './commands/command.ts'
import type { Core } from './core.ts'
import type { Args } from './protocol/args.ts'
import { Refusal } from './protocol/refusals.ts'
import { notSubscribed } from './pubsub.ts'
import { unknownCommand, unknownSubcommand, wrongArity } from './refused.ts'
import { endTransaction } from './transaction.ts'

// Brief commands are measured once in so many calls: to ask for the time costs a tenth of one.
const SAMPLE = 32

/** Serves one request: finds its command, refuses it, queues it or runs it. */
export function execute(client: Client, args: Args): void {
  const { core } = client
  let command = core.commands.find(args)
  if (command === undefined) {
    refuse(client, undefined, unknownCommand(args))
    return
  }
  if (command.subcommands.size > 0 && args.count > 1) {
    const sub = command.subcommands.get(args.text(1).toLowerCase())
    if (sub === undefined && command.run === undefined) {
      refuse(client, command, unknownSubcommand(command, args))
      return
    }
    command = sub ?? command
  }
  if (command.reserved && !core.keeper.tells(client)) {
    refuse(client, undefined, unknownCommand(args))
    return
  }
  if (!command.takes(args.count) || command.run === undefined) {
    refuse(client, command, wrongArity(command))
    return
  }
  if (client.gated || core.gated) {
    if (!mayRun(client, command, args)) return
    // Keys that were evicted for it are told of before its reply.
    if (core.later.length > 0 && core.nesting === 0) core.doLater()
  }
  client.lastCommandAt = core.keyspace.now
  client.lastCommand = command.name
  call(client, command, args)
  if (core.later.length > 0 && core.nesting === 0) core.doLater()
  if (core.keyspace.awaited && core.nesting === 0 && core.blocking.hasReady) core.blocking.serve()
}

/** Runs a command that may run, and keeps the books of it. */
export function call(client: Client, command: Command, args: Args): void {
  const { core } = client
  const { keyspace, replies, propagation } = core
  const dirty = keyspace.dirty
  const outer = core.running
  // Scripts are shown before their commands, transactions behind theirs, and what has waited only once.
  const shownFirst = core.tracers.length > 0 && (command.flags & SKIP_MONITOR) !== 0
  const isShown = client.blocked === undefined
  if (shownFirst && isShown) core.trace(client, command, args)
  core.running = command
  const touches = !client.noTouch || command.name === 'touch'
  if (!touches) keyspace.countsAccess = false
  const measured = !command.brief || command.calls % SAMPLE === 0 || core.timed
  const began = measured ? core.clock.monotonicMs() : 0
  try {
    command.run?.(client, args)
  } catch (error) {
    replies.error(error instanceof Refusal ? error.message : internal(core, command, error))
  }
  // What makes its client wait is counted once the client is answered.
  if (client.blocked === undefined || !core.blocking.holds(client)) {
    command.calls++
    const caller = client.connection === undefined ? core.scriptCaller : client
    if (caller !== undefined) caller.processed++
    if (measured) core.measured(client, command, args, core.clock.monotonicMs() - began)
  }
  core.running = outer
  if (core.tracers.length > 0 && !shownFirst && isShown) core.trace(client, command, args)
  if (!touches) keyspace.countsAccess = true
  if (replies.errors !== core.blamedErrors) command.failed++
  core.blamedErrors = replies.errors
  if (keyspace.dirty !== dirty) propagation.done(client.db, args, core.nesting === 0)
  else propagation.forget()
  if (client.tracking !== undefined) core.tracked(client, command, args)
  // What is found expired on the way goes by itself.
  if (core.nesting === 0) propagation.flush(!command.looksAround)
}

/** A fault of ours ends neither the node nor the connection. */
function internal(core: Core, command: Command, error: unknown): string {
  core.log(
    'warning',
    `Fault in ${command.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  )
  return `ERR internal error: ${error instanceof Error ? error.message : String(error)}`
}

/** Answers a request with an error before it has run. A transaction that is being queued can't be run then. */
function refuse(client: Client, command: Command | undefined, line: string): void {
  const isExec = command?.name === 'exec'
  if (isExec && client.transaction) endTransaction(client)
  if (client.transaction) client.transaction.aborted = true
  if (command) command.rejected++
  const isAbort = isExec && !SENDS_ELSEWHERE.test(line)
  client.core.replies.error(isAbort ? `EXECABORT Transaction discarded because of: ${line.replace(/^ERR /, '')}` : line)
  client.core.blamedErrors = client.core.replies.errors
}

// Clients have to see at once where a transaction belongs.
const SENDS_ELSEWHERE = /^(?:MOVED|ASK|TRYAGAIN|CROSSSLOT|CLUSTERDOWN|REDIRECT) /

const IN_SUBSCRIPTION = new Set([
  'ping',
  'subscribe',
  'ssubscribe',
  'unsubscribe',
  'sunsubscribe',
  'psubscribe',
  'punsubscribe',
  'quit',
  'reset',
])
const NOT_QUEUED = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset'])

/** What is looked at in the order in which redis' processCommand does. */
function mayRun(client: Client, command: Command, args: Args): boolean {
  const { core } = client
  if (client.user === undefined && (command.flags & NO_AUTH) === 0) {
    refuse(client, command, 'NOAUTH Authentication required.')
    return false
  }
  if (client.transaction && (command.flags & NO_MULTI) !== 0) {
    refuse(client, command, 'ERR Command not allowed inside a transaction')
    return false
  }
  if (client.user && !client.user.unrestricted) {
    const denied = core.access.refusal(client, command, args)
    if (denied !== undefined) {
      refuse(client, command, denied)
      return false
    }
  }
  const refusal = core.gated ? core.checks.refusal(client, command.asCalled(client, args), args) : undefined
  if (refusal !== undefined) {
    if (refusal !== '') refuse(client, command, refusal)
    return false
  }
  if (client.subscriptions > 0 && client.resp === 2 && !IN_SUBSCRIPTION.has(command.name)) {
    refuse(
      client,
      command,
      `ERR Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    )
    return false
  }
  if (client.transaction && !NOT_QUEUED.has(command.name)) {
    const unfit = notSubscribed(client, command.name) ?? core.keeper.notQueued(client, command, args)
    if (unfit !== undefined) {
      refuse(client, command, unfit)
      return false
    }
    const kept = args === core.args ? args.keep() : args
    client.transaction.queue.push({ command, flags: command.asCalled(client, args).flags, args: kept })
    client.transaction.bytes += kept.bytes.length
    core.replies.queued()
    return false
  }
  return true
}
