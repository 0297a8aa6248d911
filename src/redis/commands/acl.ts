import { randomBytes } from 'node:crypto'
import { BadRule } from '../../acl/rules.ts'
import { CATEGORIES, type Selector } from '../acl/selector.ts'
import type { AclUser } from '../acl/user.ts'
import type { Client } from '../client.ts'
import { Args } from '../protocol/args.ts'
import { refusal } from '../protocol/refusals.ts'
import { MOST_SHOWN, subcommandSyntax, wrongArity } from '../refused.ts'
import { systemReason } from '../system-reason.ts'
import { endClient } from './client.ts'
import type { Command, Row } from './command.ts'
import { helpOf } from './help.ts'

const DEFAULT_STAYS = refusal("ERR The 'default' user cannot be removed")
const SPACES = refusal("ERR Usernames can't contain spaces or null characters")
const BAD_BITS = refusal(
  'ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096',
)
const NOT_SAVED = refusal(
  'ERR There was an error trying to save the ACLs. Please check the server logs for more information',
)
const PASSWORD_BITS = 256
const MOST_BITS = 4096
const SHOWN_ENTRIES = 10

/** ACL. */
export const ACL: readonly Row[] = [
  { name: 'acl' },
  { name: 'acl|whoami', run: (client) => client.replies.bulkText(client.user?.name ?? 'default') },
  { name: 'acl|setuser', run: setuser },
  { name: 'acl|deluser', run: deluser },
  { name: 'acl|getuser', run: getuser },
  { name: 'acl|list', run: list },
  { name: 'acl|users', run: (client) => replyTexts(client, client.core.access.shownTo(client), ({ name }) => name) },
  { name: 'acl|cat', run: cat },
  { name: 'acl|genpass', run: genpass },
  { name: 'acl|log', run: log },
  { name: 'acl|dryrun', run: dryrun },
  { name: 'acl|load', run: load },
  { name: 'acl|save', run: save },
  helpOf('acl'),
]

function replyTexts<T>({ replies }: Client, items: readonly T[], textOf: (item: T) => string): void {
  replies.array(items.length)
  for (const item of items) replies.bulkText(textOf(item))
}

function list(client: Client): void {
  const { access, keeper } = client.core
  const withoutHashes = keeper.hidesFrom(client)
  replyTexts(client, access.shownTo(client), (user) => user.describe({ withoutHashes }))
}

function setuser({ core, replies }: Client, args: Args): void {
  const name = args.text(2)
  if (/[\s\0]/.test(name)) throw SPACES
  const words = Array.from({ length: args.count - 3 }, (_, i) => args.text(3 + i))
  try {
    core.access.setUser(name, words)
  } catch (error) {
    throw error instanceof BadRule ? refusal(`ERR ${error.message}`) : error
  }
  replies.ok()
}

function deluser(client: Client, args: Args): void {
  const { access } = client.core
  const names = Array.from({ length: args.count - 2 }, (_, i) => args.text(2 + i))
  if (names.includes('default')) throw DEFAULT_STAYS
  const gone = names.flatMap((name) => {
    const user = access.users.get(name)
    access.users.delete(name)
    return user ?? []
  })
  client.replies.integer(gone.length)
  endClientsOf(client, gone)
}

/** Ends the clients that are users which are gone. */
function endClientsOf(client: Client, users: readonly AclUser[]): void {
  for (const each of client.core.clients.values()) {
    if (users.some((user) => user === each.user)) endClient(client, each)
  }
}

function getuser(client: Client, args: Args): void {
  const { core, replies } = client
  const user = core.access.find(args.text(2), client)
  if (user === undefined) {
    replies.null()
    return
  }
  replies.map(6)
  replies.bulkText('flags')
  replies.set(user.flags.length)
  for (const flag of user.flags) replies.bulkText(flag)
  replies.bulkText('passwords')
  replyTexts(client, core.keeper.hidesFrom(client) ? [] : user.passwords, (hash) => hash)
  replySelector(client, user, user.root)
  replies.bulkText('selectors')
  replies.array(user.selectors.length)
  for (const selector of user.selectors) {
    replies.map(3)
    replySelector(client, user, selector)
  }
}

function replySelector({ replies }: Client, user: AclUser, selector: Selector): void {
  replies.bulkText('commands')
  replies.bulkText(user.commandsOf(selector))
  replies.bulkText('keys')
  replies.bulkText(selector.describeKeys())
  replies.bulkText('channels')
  replies.bulkText(selector.describeChannels())
}

function cat(client: Client, args: Args): void {
  if (args.count > 3) throw refusal(subcommandSyntax(args))
  if (args.count === 2) {
    replyTexts(client, CATEGORIES, (category) => category)
    return
  }
  const category = args.text(2).toLowerCase()
  if (!CATEGORIES.includes(category)) throw refusal(`ERR Unknown category '${args.shown(2).slice(0, MOST_SHOWN)}'`)
  const rows = [...client.core.access.facts].filter(([, { categories }]) => categories.includes(`@${category}`))
  replyTexts(client, rows, ([name]) => name)
}

function genpass({ replies }: Client, args: Args): void {
  if (args.count > 3) throw refusal(subcommandSyntax(args))
  const bits = args.count === 3 ? args.integer(2) : PASSWORD_BITS
  if (bits <= 0 || bits > MOST_BITS) throw BAD_BITS
  const digits = Math.ceil(bits / 4)
  replies.bulkText(
    randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits),
  )
}

function log({ core, replies }: Client, args: Args): void {
  const { access, keyspace } = core
  if (args.count > 3) throw refusal(subcommandSyntax(args))
  if (args.count === 3 && args.is(2, 'RESET')) {
    access.log.entries = []
    replies.ok()
    return
  }
  const count = args.count === 3 ? args.integer(2) : SHOWN_ENTRIES
  const entries = access.log.entries.slice(0, Math.max(0, count))
  replies.array(entries.length)
  for (const { id, count: times, reason, context, object, user, createdAt, updatedAt, clientLine } of entries) {
    replies.map(access.byRules ? 10 : 7)
    replies.bulkText('count')
    replies.integer(times)
    const texts = { reason, context, object, username: user }
    for (const [name, text] of Object.entries(texts)) {
      replies.bulkText(name)
      replies.bulkText(text)
    }
    replies.bulkText('age-seconds')
    replies.double((keyspace.now - createdAt) / 1000)
    replies.bulkText('client-info')
    replies.bulkText(clientLine)
    if (!access.byRules) continue
    const numbers = { 'entry-id': id, 'timestamp-created': createdAt, 'timestamp-last-updated': updatedAt }
    for (const [name, number] of Object.entries(numbers)) {
      replies.bulkText(name)
      replies.integer(number)
    }
  }
}

function dryrun(client: Client, args: Args): void {
  const { core, replies } = client
  const user = core.access.find(args.text(2), client)
  if (user === undefined) throw refusal(`ERR User '${args.shown(2)}' not found`)
  const words = Args.of(args.words(3))
  const command = commandOf(core.commands.find(words), words)
  const isUnknown = command === undefined || (command.reserved && !core.keeper.tells(client))
  if (isUnknown) throw refusal(`ERR Command '${args.shown(3)}' not found`)
  if (!command.takes(words.count)) throw refusal(wrongArity(command))
  const denied = core.access.dryRun(user, command, words)
  if (denied === undefined) replies.ok()
  else replies.bulkText(denied)
}

const commandOf = (command: Command | undefined, words: Args): Command | undefined =>
  words.count > 1 ? (command?.subcommands.get(words.text(1).toLowerCase()) ?? command) : command

/** The file that the node keeps its users in. @throws Refusal: it has none. */
function fileOf({ core }: Client): string {
  const { path } = core.access
  if (path !== undefined) return path
  const [server, ofServer] = core.dialect.engine === 'redis' ? ['Redis instance', 'Redis '] : ['instance', '']
  throw refusal(
    `ERR This ${server} is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a ${ofServer}configuration file set) in order to store users in the ${ofServer}configuration.`,
  )
}

function load(client: Client): void {
  const { access } = client.core
  const path = fileOf(client)
  try {
    endClientsOf(client, access.replace(access.load(path)))
  } catch (error) {
    throw error instanceof BadRule ? refusal(`ERR ${error.message}`) : error
  }
  client.replies.ok()
}

function save(client: Client): void {
  const { core } = client
  const path = fileOf(client)
  try {
    core.access.save(path)
  } catch (error) {
    core.log('warning', `Opening temp ACL file for ACL SAVE: ${systemReason(error)}`)
    throw NOT_SAVED
  }
  client.replies.ok()
}
