import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { endTransaction } from '../transaction.ts'
import { CLIENTS } from './client.ts'
import type { Row } from './command.ts'

const NO_PROTOCOL = refusal('NOPROTO unsupported protocol version')
const PROTOCOL_NOT_A_NUMBER = refusal('ERR Protocol version is not an integer or out of range')
const NO_PASSWORD = refusal(
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
)
const WRONG_PASSWORD = refusal('WRONGPASS invalid username-password pair or user is disabled.')
const NEEDS_AUTH = refusal(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
)
const BAD_NAME = refusal('ERR Client names cannot contain spaces, newlines or special characters.')
const OUT_OF_RANGE_DB = refusal('ERR DB index is out of range')

/** Commands of the connection itself. */
export const CONNECTION: readonly Row[] = [
  { name: 'ping', run: ping },
  { name: 'echo', run: ({ replies }, args) => replies.bulk(args.bytes, args.view, args.start(1), args.end(1)) },
  { name: 'select', run: select },
  { name: 'quit', run: quit },
  { name: 'reset', run: reset },
  { name: 'auth', run: auth },
  { name: 'hello', run: hello },
  ...CLIENTS,
]

function ping(client: Client, args: Args): void {
  const { replies } = client
  if (args.count > 2) throw refusal("ERR wrong number of arguments for 'ping' command")
  if (client.subscriptions > 0 && client.resp === 2) {
    replies.array(2)
    replies.bulkText('pong')
    replies.bulkText(args.count === 2 ? args.text(1) : '')
  } else if (args.count === 1) replies.status('PONG')
  else replies.bulk(args.bytes, args.view, args.start(1), args.end(1))
}

function select(client: Client, args: Args): void {
  const id = args.integer32(1)
  const { databases, clusterEnabled } = client.core.config.settings
  if (clusterEnabled && id !== 0) throw refusal('ERR SELECT is not allowed in cluster mode')
  if (id < 0 || id >= databases) throw OUT_OF_RANGE_DB
  client.select(id)
  client.replies.ok()
}

function quit(client: Client): void {
  client.replies.ok()
  client.endAfterReplies()
}

function reset(client: Client): void {
  const { core } = client
  endTransaction(client)
  for (const forget of core.resets) forget(client)
  client.resp = 2
  core.replies.resp = 2
  client.select(0)
  client.name = ''
  if (client.replyMode === 'off') client.replyMode = 'on'
  client.noEvict = false
  client.noTouch = false
  client.readOnly = false
  client.askingUntil = -1
  client.user = core.access.unauthenticated(client)
  client.updateGate()
  client.replies.status('RESET')
}

function auth(client: Client, args: Args): void {
  const { access } = client.core
  if (args.count > 3) throw SYNTAX
  if (args.count === 2 && access.needsNoPassword()) throw NO_PASSWORD
  const name = args.count === 3 ? args.text(1) : 'default'
  if (logIn(client, args, name, args.bytesOf(args.count - 1))) client.replies.ok()
}

/** Answers whether it is in; else the command is run again once that is known. @throws Refusal */
function logIn(client: Client, args: Args, name: string, password: Buffer): boolean {
  const isIn = client.core.keeper.letsIn(client, args, name, password)
  if (isIn === 'later') return false
  const user = client.core.access.authenticate(name, password, client, isIn)
  if (user === undefined) throw WRONG_PASSWORD
  client.user = user
  client.updateGate()
  return true
}

/** What names of clients are made of. @throws Refusal */
function clientName(args: Args, index: number): string {
  const name = args.text(index)
  if (/[^!-~]/.test(name)) throw BAD_NAME
  return name
}

function hello(client: Client, args: Args): void {
  const { core, replies } = client
  let resp = client.resp
  if (args.count > 1) {
    const version = args.integer(1, PROTOCOL_NOT_A_NUMBER)
    if (version !== 2 && version !== 3) throw NO_PROTOCOL
    resp = version
  }
  let name: string | undefined
  let login: { user: string; password: Buffer } | undefined
  for (let i = 2; i < args.count; i++) {
    if (args.is(i, 'AUTH') && i + 2 < args.count) {
      login = { user: args.text(i + 1), password: args.bytesOf(i + 2) }
      i += 2
    } else if (args.is(i, 'SETNAME') && i + 1 < args.count) name = clientName(args, ++i)
    else throw refusal(`ERR Syntax error in HELLO option '${args.shown(i)}'`)
  }
  if (login && !logIn(client, args, login.user, login.password)) return
  if (client.user === undefined) throw NEEDS_AUTH
  if (name !== undefined) client.name = name
  client.resp = resp
  replies.resp = resp
  client.updateGate()
  const { engine, version } = core.dialect
  const isValkey = engine === 'valkey'
  replies.map(7 + extraFields(client))
  replies.bulkText('server')
  replies.bulkText(isValkey && !core.config.compatible ? 'valkey' : 'redis')
  replies.bulkText('version')
  replies.bulkText(isValkey && core.config.compatible ? core.redisVersion : version)
  replies.bulkText('proto')
  replies.integer(resp)
  replies.bulkText('id')
  replies.integer(client.id)
  replies.bulkText('mode')
  replies.bulkText(core.config.settings.clusterEnabled ? 'cluster' : 'standalone')
  replies.bulkText('role')
  replies.bulkText(core.isReplica ? 'replica' : 'master')
  replies.bulkText('modules')
  replies.array(0)
  if (extraFields(client) > 0) {
    replies.bulkText('availability_zone')
    replies.bulkText(core.config.text('availability-zone'))
  }
}

/** Valkey 8.1 tells where it is. */
const extraFields = ({ core }: Client): number => (core.config.text('availability-zone') === '' ? 0 : 1)
