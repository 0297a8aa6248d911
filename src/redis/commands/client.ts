import type { Client } from '../client.ts'
import { addressOf, clientLine, localAddressOf } from '../client-line.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX, shownText } from '../protocol/refusals.ts'
import type { Row } from './command.ts'
import { helpOf } from './help.ts'

const BAD_NAME = refusal('ERR Client names cannot contain spaces, newlines or special characters.')
const NO_SUCH_CLIENT = refusal('ERR No such client')
const BAD_ID = refusal('ERR Invalid client ID')

/** CLIENT. */
export const CLIENTS: readonly Row[] = [
  { name: 'client' },
  { name: 'client|id', run: ({ id, replies }) => replies.integer(id) },
  { name: 'client|getname', run: getname },
  { name: 'client|setname', run: setname },
  { name: 'client|setinfo', run: setinfo },
  { name: 'client|info', run: (client) => client.replies.verbatim(`${clientLine(client)}\n`) },
  { name: 'client|list', run: list },
  { name: 'client|kill', run: kill },
  { name: 'client|reply', run: reply },
  { name: 'client|no-evict', run: noEvict },
  { name: 'client|no-touch', run: noTouch },
  { name: 'client|unblock', run: unblock },
  helpOf('client'),
]

function getname({ name, replies }: Client): void {
  if (name === '') replies.null()
  else replies.bulkText(name)
}

function setname(client: Client, args: Args): void {
  const name = args.text(2)
  if (/[^!-~]/.test(name)) throw BAD_NAME
  client.name = name
  client.replies.ok()
}

function setinfo(client: Client, args: Args): void {
  const value = args.text(3)
  const option = args.shown(2)
  if (!args.is(2, 'LIB-NAME') && !args.is(2, 'LIB-VER')) throw refusal(`ERR Unrecognized option '${option}'`)
  if (/[^!-~]/.test(value)) throw refusal(`ERR ${option} cannot contain spaces, newlines or special characters.`)
  if (args.is(2, 'LIB-NAME')) client.libraryName = value
  else client.libraryVersion = value
  client.replies.ok()
}

const TYPES: Readonly<Record<string, string>> = {
  normal: 'normal',
  slave: 'replica',
  replica: 'replica',
  pubsub: 'pubsub',
  master: 'master',
}

const kindOf = (client: Client): string =>
  client.kind === 'normal' && client.subscriptions > 0 ? 'pubsub' : client.kind

function typeOf(args: Args, index: number): string {
  const type = TYPES[args.text(index).toLowerCase()]
  if (type === undefined) throw refusal(`ERR Unknown client type '${args.shown(index)}'`)
  return type
}

/** All clients that one is to see. */
function seenBy(client: Client): Client[] {
  const { clients, keeper } = client.core
  const all = [...clients.values()]
  return keeper.hidesFrom(client) ? all.filter((each) => !keeper.isAtWork(each)) : all
}

function list(client: Client, args: Args): void {
  const { core, replies } = client

  let clients = seenBy(client)
  if (args.count === 4 && args.is(2, 'TYPE')) {
    const type = typeOf(args, 3)
    clients = clients.filter((each) => kindOf(each) === type)
  } else if (args.count > 3 && args.is(2, 'ID')) {
    clients = []
    for (let i = 3; i < args.count; i++) {
      const found = core.clients.get(args.integer(i, BAD_ID))
      if (found && seenBy(client).includes(found)) clients.push(found)
    }
  } else if (args.count !== 2) throw SYNTAX
  replies.verbatim(clients.map((each) => `${clientLine(each)}\n`).join(''))
}

/** What `CLIENT KILL` asks of those it ends. */
type Filter = (client: Client) => boolean

function kill(client: Client, args: Args): void {
  const { replies } = client
  if (args.count === 3) {
    const address = args.text(2)
    const found = seenBy(client).find((each) => addressOf(each) === address)
    if (found === undefined) throw NO_SUCH_CLIENT
    replies.ok()
    endClient(client, found)
    return
  }
  const { filters, skipMe } = killFilters(client, args)
  const killed = seenBy(client).filter(
    (each) => !(skipMe && each === client) && filters.every((filter) => filter(each)),
  )
  replies.integer(killed.length)
  for (const each of killed) endClient(client, each)
}

function killFilters(client: Client, args: Args): { filters: Filter[]; skipMe: boolean } {
  const { core } = client
  const filters: Filter[] = []
  let skipMe = true
  if (args.count % 2 !== 0) throw SYNTAX
  for (let i = 2; i < args.count; i += 2) {
    const value = args.text(i + 1)
    if (args.is(i, 'ID')) {
      const id = args.integer(i + 1, refusal('ERR client-id should be greater than 0'))
      if (id < 1) throw refusal('ERR client-id should be greater than 0')
      filters.push((each) => each.id === id)
    } else if (args.is(i, 'TYPE')) {
      const type = typeOf(args, i + 1)
      filters.push((each) => kindOf(each) === type)
    } else if (args.is(i, 'ADDR')) filters.push((each) => addressOf(each) === value)
    else if (args.is(i, 'LADDR')) filters.push((each) => localAddressOf(each) === value)
    else if (args.is(i, 'USER')) {
      if (core.access.find(value, client) === undefined) throw refusal(`ERR No such user '${shownText(value)}'`)
      filters.push((each) => each.user?.name === value)
    } else if (core.dialect.engine === 'valkey' && args.is(i, 'MAXAGE')) {
      const seconds = args.integer(i + 1, refusal('ERR maxage is not an integer or out of range'))
      if (seconds < 1) throw refusal('ERR maxage should be greater than 0')
      filters.push((each) => core.keyspace.now - each.connectedAt >= seconds * 1000)
    } else if (args.is(i, 'SKIPME')) {
      if (!/^(yes|no)$/i.test(value)) throw SYNTAX
      skipMe = value.toLowerCase() === 'yes'
    } else throw SYNTAX
  }
  return { filters, skipMe }
}

/** Ends a client: itself once it has heard so. */
export function endClient(killer: Client, client: Client): void {
  if (client === killer) client.endAfterReplies()
  else client.connection?.drop('error')
}

function reply(client: Client, args: Args): void {
  if (args.is(2, 'ON')) {
    client.replyMode = 'on'
    client.replies.ok()
  } else if (args.is(2, 'OFF')) client.replyMode = 'off'
  else if (args.is(2, 'SKIP')) {
    if (client.replyMode === 'on') client.replyMode = 'skip'
    else if (client.replyMode === 'skip') client.replyMode = 'skip-next'
  } else throw SYNTAX
  client.updateGate()
}

function switched(args: Args): boolean {
  if (args.is(2, 'ON')) return true
  if (args.is(2, 'OFF')) return false
  throw SYNTAX
}

function noEvict(client: Client, args: Args): void {
  client.noEvict = switched(args)
  client.replies.ok()
}

function noTouch(client: Client, args: Args): void {
  client.noTouch = switched(args)
  client.updateGate()
  client.replies.ok()
}

function unblock(client: Client, args: Args): void {
  const { core, replies } = client
  let withError = false
  if (args.count === 4) {
    if (args.is(3, 'ERROR')) withError = true
    else if (!args.is(3, 'TIMEOUT')) throw refusal('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
  }
  const target = core.clients.get(args.integer(2))
  const { blocked } = target ?? {}
  if (target === undefined || blocked === undefined || !blocked.byClients) {
    replies.integer(0)
    return
  }
  replies.integer(1)
  core.blocking.answer(
    target,
    withError ? () => core.replies.error('UNBLOCKED client unblocked via CLIENT UNBLOCK') : blocked.timedOut,
  )
}
