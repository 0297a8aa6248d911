import { type AccessRules, readAccessString, type Selector } from '../../../acl/access-string.ts'
import type { AclEngine } from '../../../acl/commands.ts'
import { type Decision, decide } from '../../../acl/decide.ts'
import { BadRule } from '../../../acl/rules.ts'
import { channelsInWords, commandsInWords, keysInWords } from '../../../acl/words.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { meantAmong } from '../../../api/nearest.ts'
import { withClient } from '../../caches/client.ts'
import { tellUnasked } from '../../caches/refusals.ts'
import { findAll } from '../../caches/resources.ts'
import { command } from '../../command.ts'
import { text } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { columnsText } from '../../output/human-table.ts'
import { type Item, isItem } from '../../output/human-value.ts'
import type { Column } from '../../output/human-views.ts'
import { type Style, statusText } from '../../output/style.ts'
import { absence, usageProblem } from '../../problem.ts'
import { optional } from '../../words.ts'

export const users = command({
  summary: 'Show who may do what where: users of Valkey and Redis OSS, their rights and caches',
  description:
    "Reads every user's access string: whether the user may log in, how, which keys, channels and commands are allowed, and in which caches, by its user groups. What @read and the like stand for is what ACL CAT of a server says. A user with several sets of rights has a line each, and may do what one of them allows; keys and commands of different lines do not mix. In what a line says of commands the last that is about a command counts. A channel list of `default` is what the parameter acl-pubsub-default of the cache says. With --may each is held against one command, as ACL DRYRUN of a server does.",
  words: { user: optional('only the user with this id, or this name; all by default') },
  flags: {
    cache: text({ summary: 'only users who may log in at this cache, by its user group', helpValue: '<id>' }),
    may: text({ summary: 'say of each whether it may say this command, and why not', helpValue: '<command>' }),
    ...globalFlags,
  },
  examples: [
    'users',
    'users app',
    "users app --may 'set cart:1 x'",
    "users --cache shop --may 'set cart:1 x'",
    'users --query "[?on].[user, caches]" --output text',
  ],
  forms: {},
  async run({ words: { user }, flags, print }) {
    const found = await withClient(flags, (client) =>
      findAll(client, [resources.user, resources.userGroup], tellUnasked),
    )
    const itemsOf = (shape: string) => found.filter(({ kind }) => kind.shape === shape).map(({ item }) => item)
    const groups = itemsOf(resources.userGroup.shape)
    const words = flags.may === undefined ? [] : flags.may.split(/\s+/).filter((word) => word !== '')
    if (flags.may !== undefined && words.length === 0)
      throw usageProblem('argument --may: a command is needed', "As in: users --may 'get cart:1'")
    const all = itemsOf(resources.user.shape).map((item) => entryOf(item, groups, words))
    const named = all.filter((each) => user === undefined || each.user === user.toLowerCase() || each.name === user)
    if (user !== undefined && named.length === 0) {
      throw absence(
        `There is no user ${user}.`,
        meantAmong(
          user,
          all.map((each) => each.user),
        ),
      )
    }
    const opened = all.flatMap(({ caches }) => caches)
    if (flags.cache !== undefined && !opened.includes(flags.cache.toLowerCase())) {
      throw absence(`No user group is that of ${flags.cache}.`, meantAmong(flags.cache, opened))
    }
    const wanted = named.filter(({ caches }) => flags.cache === undefined || caches.includes(flags.cache.toLowerCase()))
    await print.answer(wanted, words.length === 0 ? describe : judge)
  },
})

/** A set of rights: what is allowed is a command of these on keys and channels of these. */
interface Right {
  readonly keys: string
  readonly channels: string
  readonly commands: string
}

interface Entry {
  readonly user: string
  readonly name: string
  readonly engine: string
  readonly status: string
  /** Whether it may log in at all; null where its access string cannot be read. */
  readonly on: boolean | null
  readonly authentication: string
  readonly rights: readonly Right[]
  readonly accessString: string
  readonly groups: readonly string[]
  readonly caches: readonly string[]
  /** Of the command that was asked for; null where the access string cannot be read. */
  readonly may?: Decision | null
}

/** @param words The command that is asked for; none: no command is. */
function entryOf(item: Item, groups: readonly Item[], words: readonly string[]): Entry {
  const accessString = String(item.AccessString ?? '')
  const engine = item.Engine === 'valkey' ? 'valkey' : 'redis'
  const rules = readRules(accessString, engine)
  const own = textsOf(item.UserGroupIds)
  const opening = groups.filter((group) => own.includes(String(group.UserGroupId)))
  return {
    user: String(item.UserId),
    name: String(item.UserName),
    engine: String(item.Engine),
    status: String(item.Status),
    on: rules?.on ?? null,
    authentication: authenticationOf(item),
    rights: rules ? rightsOf(rules) : [],
    accessString,
    groups: own,
    ...(words.length > 0 && { may: rules ? decide(rules, words, engine) : null }),
    caches: [
      ...new Set(opening.flatMap((group) => [...textsOf(group.ReplicationGroups), ...textsOf(group.ServerlessCaches)])),
    ],
  }
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** Undefined for rules that this cachectl does not know: AWS may have newer ones. */
function readRules(accessString: string, engine: AclEngine): AccessRules | undefined {
  try {
    return readAccessString(accessString, engine)
  } catch (error) {
    if (error instanceof BadRule) return undefined
    throw error
  }
}

/** A user that has nothing of its own and selectors is told by its selectors. */
function rightsOf({ root, selectors }: AccessRules): Right[] {
  const own = commandsInWords(root) === 'none' && selectors.length > 0 ? [] : [root]
  return [...own, ...selectors].map((selector: Selector) => ({
    keys: keysInWords(selector),
    channels: channelsInWords(selector),
    commands: commandsInWords(selector),
  }))
}

function authenticationOf({ Authentication }: Item): string {
  const { Type, PasswordCount } = isItem(Authentication) ? Authentication : {}
  if (Type === 'no-password') return 'no password'
  if (Type === 'iam') return 'IAM'
  return `${PasswordCount} password${PasswordCount === 1 ? '' : 's'}`
}

/** A line of the table: a user, or one more of its sets of rights. */
type Line = Right & { readonly entry: Entry; readonly first: boolean }

const once =
  (text: (entry: Entry, style: Style) => string) =>
  ({ entry, first }: Line, style: Style): string =>
    first ? text(entry, style) : ''

const COLUMNS: readonly Column<Line>[] = [
  { head: 'User', of: ({ entry, first }) => (first ? userText(entry) : 'or') },
  { head: 'Log in', of: once(logInText) },
  { head: 'Caches', of: once(cachesText) },
  { head: 'Keys', of: 'keys', long: true },
  { head: 'Commands', of: 'commands', long: true },
  { head: 'Groups', of: once(({ groups }) => groups.join(', ')) },
  { head: 'Channels', of: 'channels' },
  { head: 'Engine', of: once(({ engine }) => engine) },
  { head: 'Status', of: once(({ status }, style) => statusText(status, style)) },
]

function userText({ user, name }: Entry): string {
  return name === user ? user : `${user} (${name})`
}

function cachesText({ caches, groups }: Entry): string {
  return groups.length === 0 ? 'no group' : caches.join(', ') || 'none'
}

function logInText({ on, authentication }: Entry, { bad }: Style): string {
  if (on === false) return bad('off')
  return authentication === 'no password' ? bad(authentication) : authentication
}

function describe(entries: readonly Entry[], style: Style): string {
  const lines = entries.flatMap((entry): Line[] =>
    entry.rights.length === 0
      ? [{ entry, first: true, keys: '?', channels: '?', commands: entry.accessString }]
      : entry.rights.map((right, index) => ({ entry, first: index === 0, ...right })),
  )
  return columnsText(COLUMNS, lines, style)
}

const VERDICTS: readonly Column<Entry>[] = [
  { head: 'User', of: userText },
  { head: 'May', of: ({ may }, { good, bad }) => (may ? (may.allowed ? good('yes') : bad('no')) : '?') },
  { head: 'Why', of: ({ may, accessString }) => (may ? (may.why ?? '') : accessString), long: true },
  { head: 'Caches', of: cachesText },
  { head: 'Groups', of: ({ groups }) => groups.join(', ') },
]

const judge = (entries: readonly Entry[], style: Style): string => columnsText(VERDICTS, entries, style)
