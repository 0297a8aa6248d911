import type { Command } from '../../protocols/resp/encode.ts'
import type { Client } from '../client.ts'
import { GENERIC } from '../keyspace/events.ts'
import { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { dumpOf } from '../rdb/dump.ts'
import { type Answered, tell } from '../rdb/transfer.ts'
import type { Row } from './command.ts'

/** Keys that go to another server. */
export const MIGRATE: readonly Row[] = [{ name: 'migrate', run: migrate, keys: keysOf }]

const DEFAULT_TIMEOUT = 1000
/** A key that is changed on its way is sent again; not for ever. */
const MOST_ROUNDS = 10
const FIRST_OPTION = 6
const ONE_KEY = 3

const EMPTY_KEY = refusal('ERR When using MIGRATE KEYS option, the key argument must be set to the empty string')
// The keys have to be there until the other server has answered, and nobody else is served while a transaction runs.
const NOT_AT_ONCE = refusal('ERR MIGRATE is not possible within a transaction or a script')

interface Plan {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly timeout: number
  readonly copy: boolean
  readonly replace: boolean
  /** AUTH and its words; empty: it isn't said. */
  readonly login: readonly Buffer[]
  readonly keys: readonly Buffer[]
}

/** A key as it was sent; `value` is absent of one that had gone meanwhile, and goes there, too. */
interface Sent {
  readonly key: Buffer
  readonly value: Buffer | undefined
  readonly expiry: number
}

interface Migration {
  readonly plan: Plan
  readonly sent: readonly Sent[]
  readonly round: number
  answered?: Answered
}

const running = new WeakMap<Client, Migration>()

/** Sends the keys, and is run again once the other server has answered: then those that it has, and that nobody has changed, go. */
function migrate(client: Client, args: Args): void {
  const migration = running.get(client)
  if (migration?.answered) {
    running.delete(client)
    settle(client, args, migration, migration.answered)
    return
  }
  const plan = planOf(args)
  const sent = plan.keys.flatMap((key) => sending(client, key) ?? [])
  if (sent.length === 0) {
    client.replies.status('NOKEY')
    return
  }
  if (client.denyBlocking || client.connection === undefined) throw NOT_AT_ONCE
  send(client, args, { plan, sent, round: 1 })
}

/** The index of the first key; that of the only one is {@link ONE_KEY}. */
function firstKey(args: Args): number {
  for (let i = FIRST_OPTION; i < args.count; i++) {
    if (args.is(i, 'AUTH')) i++
    else if (args.is(i, 'AUTH2')) i += 2
    else if (args.is(i, 'KEYS')) return i + 1
  }
  return ONE_KEY
}

function keysOf(args: Args): number[] {
  const first = firstKey(args)
  if (first === ONE_KEY || args.length(ONE_KEY) > 0) return [ONE_KEY]
  return Array.from({ length: args.count - first }, (_, i) => first + i)
}

function planOf(args: Args): Plan {
  const has = { copy: false, replace: false }
  let login: Buffer[] = []
  let i = FIRST_OPTION
  for (; i < args.count && !args.is(i, 'KEYS'); i++) {
    const left = args.count - 1 - i
    if (args.is(i, 'COPY')) has.copy = true
    else if (args.is(i, 'REPLACE')) has.replace = true
    else if (args.is(i, 'AUTH') && left >= 1) login = [Buffer.from('AUTH'), args.bytesOf(++i)]
    else if (args.is(i, 'AUTH2') && left >= 2) login = [Buffer.from('AUTH'), args.bytesOf(++i), args.bytesOf(++i)]
    else throw SYNTAX
  }
  const isMany = i < args.count
  if (isMany && args.length(ONE_KEY) > 0) throw EMPTY_KEY
  const timeout = args.integer(5)
  const db = args.integer(4)
  return {
    host: args.text(1),
    port: portOf(args),
    db,
    timeout: timeout <= 0 ? DEFAULT_TIMEOUT : timeout,
    ...has,
    login,
    keys: isMany ? args.words(i + 1) : [args.bytesOf(ONE_KEY)],
  }
}

/** As C reads a number: what is none is port 0, where nobody answers. */
function portOf(args: Args): number {
  const port = Number.parseInt(args.text(2), 10)
  return port >= 0 && port <= 65_535 ? port : 0
}

/** A key as it is now; undefined: there is none. */
function sending({ core, db }: Client, key: Buffer): Sent | undefined {
  const entry = db.lookupRead(Args.of([key]), 0)
  return entry === 0 ? undefined : { key, value: dumpOf(core, db, entry), expiry: db.expiryOf(entry) }
}

function send(client: Client, args: Args, migration: Migration): void {
  const { core } = client
  const { host, port, timeout, login, db } = migration.plan
  const commands: Command[] = [
    ...(login.length > 0 ? [login] : []),
    ['SELECT', String(db)],
    ...migration.sent.map((each) => commandFor(client, migration, each)),
  ]
  running.set(client, migration)
  const answered = tell(host, port, timeout, commands).then((result) => {
    migration.answered = result
  })
  core.blocking.until(client, args, answered)
}

function commandFor({ core }: Client, { plan, round }: Migration, { key, value, expiry }: Sent): Command {
  if (value === undefined) return ['DEL', key]
  const left = expiry < 0 ? 0 : Math.max(1, expiry - core.keyspace.now)
  const name = core.config.settings.clusterEnabled ? 'RESTORE-ASKING' : 'RESTORE'
  // What is sent again is there already, by our own doing.
  return [name, key, String(left), value, ...(plan.replace || round > 1 ? ['REPLACE'] : [])]
}

function settle(client: Client, args: Args, migration: Migration, answered: Answered): void {
  const { plan, sent, round } = migration
  if ('failedAt' in answered) throw refusal(ioError(answered.failedAt))
  const greetings = plan.login.length > 0 ? 2 : 1
  const refused = answered.refusals.find((each) => each !== undefined)
  const arrived = answered.refusals.slice(0, greetings).some((each) => each !== undefined)
    ? []
    : sent.filter((_, at) => answered.refusals[at + greetings] === undefined)
  const again = plan.copy ? [] : take(client, arrived)
  if (refused !== undefined) throw refusal(`ERR Target instance replied with error: ${refused}`)
  if (again.length === 0) client.replies.ok()
  else if (round === MOST_ROUNDS) throw refusal(ioError('writing'))
  else send(client, args, { plan, sent: again, round: round + 1 })
}

const ioError = (stage: 'connecting' | 'writing' | 'reading'): string =>
  stage === 'connecting'
    ? 'IOERR error or timeout connecting to the client'
    : `IOERR error or timeout ${stage} to target instance`

/** Removes the keys that have arrived. Answers those that were changed meanwhile, as they are now. */
function take(client: Client, arrived: readonly Sent[]): Sent[] {
  const { core, db } = client
  const again: Sent[] = []
  const gone: Buffer[] = []
  for (const { key, value, expiry } of arrived) {
    if (value === undefined) continue
    const args = Args.of([key])
    const entry = db.lookupWrite(args, 0)
    const isSame = entry !== 0 && db.expiryOf(entry) === expiry && dumpOf(core, db, entry).equals(value)
    if (!isSame) {
      again.push(sending(client, key) ?? { key, value: undefined, expiry: -1 })
      continue
    }
    db.remove(entry)
    db.changed(args, 0, GENERIC, 'del')
    gone.push(key)
  }
  if (gone.length > 0) core.propagation.instead(db, 'DEL', ...gone)
  return again
}
