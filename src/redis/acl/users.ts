import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { BadRule, modifiersOf, UNKNOWN } from '../../acl/rules.ts'
import { isAtLeast } from '../../api/catalog/versions.ts'
import { EVERYONE, type User } from '../access.ts'
import type { Client } from '../client.ts'
import { clientLine } from '../client-line.ts'
import { type Command, NO_AUTH } from '../commands/command.ts'
import { keyFlags, keysOf } from '../commands/keys.ts'
import { BadValue } from '../config/kinds.ts'
import type { Core } from '../core.ts'
import type { Args } from '../protocol/args.ts'
import { shownText } from '../protocol/refusals.ts'
import { replaceFile } from '../replace-file.ts'
import { systemReason } from '../system-reason.ts'
import { AclLog, type LogEntry } from './log.ts'
import type { Selector } from './selector.ts'
import { AclUser, type Presets } from './user.ts'

const DEFAULT = 'default'
const EVERYTHING = ['on', 'nopass', '~*', '&*', '+@all']
/** By command: whether the channels that it names are patterns. */
const CHANNELS: ReadonlyMap<string, { readonly all: boolean; readonly patterns: boolean }> = new Map([
  ['publish', { all: false, patterns: false }],
  ['spublish', { all: false, patterns: false }],
  ['subscribe', { all: true, patterns: false }],
  ['ssubscribe', { all: true, patterns: false }],
  ['psubscribe', { all: true, patterns: true }],
])
/** What changes a key, of the flags of key specifications. */
const CHANGES = ['insert', 'delete', 'update']

const SINCE = {
  command: 'no permission to execute the command or subcommand',
  key: 'no permission to touch the specified keys',
  channel: 'no permission to access one of the channels used as arguments to the command',
} as const

const IN_SCRIPT = {
  command: "can't run this command or subcommand",
  key: "can't access at least one of the keys mentioned in the command arguments",
  channel: "can't publish to the channel mentioned in the command",
} as const

/** Why a selector refuses a command: the greater the stage, the closer it was to allow it. */
interface Denial {
  readonly stage: 1 | 2 | 4
  readonly reason: 'command' | 'key' | 'channel'
  readonly at: number
}

/** What a user was refused. */
type DenialTo = Pick<LogEntry, 'user'> & Pick<Denial, 'reason'>

/** The users of a node, and what they may do. */
export class Access {
  /** The user of what runs without a connection. */
  readonly everyone: User = EVERYONE
  readonly log = new AclLog()
  readonly users = new Map<string, AclUser>()
  readonly #core: Core
  readonly #presets: Presets

  constructor(core: Core) {
    this.#core = core
    this.#presets = {
      facts: core.commands.facts,
      allChannels: () => core.config.settings.aclPubsubDefault === 'allchannels',
      byRules: isAtLeast(core.redisVersion, '7.2.0'),
    }
    this.users.set(DEFAULT, this.#newDefault())
  }

  get facts(): Presets['facts'] {
    return this.#presets.facts
  }

  /** In the words of servers from 7.2 on. */
  get byRules(): boolean {
    return this.#presets.byRules
  }

  get defaultUser(): AclUser {
    return this.users.get(DEFAULT) as AclUser // it can't be removed
  }

  /** By name. */
  sorted(): AclUser[] {
    return [...this.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Those that a client is to see, by name. */
  shownTo(client: Client): AclUser[] {
    const { keeper } = this.#core
    return keeper.hidesFrom(client) ? this.sorted().filter(({ name }) => !keeper.isOwn(name)) : this.sorted()
  }

  /** `requirepass`, which is the default user's. */
  setPassword(password: string): void {
    this.defaultUser.apply('resetpass')
    this.defaultUser.apply(password === '' ? 'nopass' : `>${Buffer.from(password).toString('latin1')}`)
  }

  /** Whether AUTH with a password alone makes no sense. */
  needsNoPassword(): boolean {
    return this.defaultUser.takesAnyPassword
  }

  /** A user that a client is to see. */
  find(name: string, client: Client): AclUser | undefined {
    const { keeper } = this.#core
    return keeper.isOwn(name) && keeper.hidesFrom(client) ? undefined : this.users.get(name)
  }

  /** Who a client is that has said nothing. */
  unauthenticated(client: Client): User | undefined {
    const { defaultUser } = this
    const isOpen = defaultUser.takesAnyPassword || this.#core.keeper.opensTo(client)
    return defaultUser.isOn && isOpen ? defaultUser : undefined
  }

  /**
   * Who a client is that names itself; undefined: it is no such user, or has the wrong password.
   * @param isIn Whether what it has said is right, where that was found out otherwise.
   */
  authenticate(name: string, password: Buffer, client: Client, isIn?: boolean): User | undefined {
    const user = this.users.get(name)
    if (user && (isIn === undefined ? user.allows(password) : user.isOn && isIn)) return user
    this.#note(client, { reason: 'auth', object: this.#core.args.text(0), user: name })
    return undefined
  }

  /** What a client is refused a command with; undefined: it may. Asked of users that are not `unrestricted`. */
  refusal(client: Client, command: Command, args: Args): string | undefined {
    const denial = this.#deny(client, command, args)
    return denial && `NOPERM ${this.#refusalText(denial, command)}`
  }

  /** The same of a command that was allowed when it was queued. */
  refusalSince(client: Client, command: Command, args: Args): string | undefined {
    const denial = this.#deny(client, command, args, true)
    return (
      denial &&
      `NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: ${SINCE[denial.reason]}`
    )
  }

  /** The same of a command of a script, in the words for scripts. */
  refusalInScript(client: Client, command: Command, args: Args): string | undefined {
    const denial = this.#deny(client, command, args)
    if (denial === undefined) return undefined
    return this.byRules
      ? `ACL failure in script: ${this.#refusalText(denial, command)}`
      : `The user executing the script ${IN_SCRIPT[denial.reason]}`
  }

  /** Whether it may, without that it counts as tried. */
  allows(client: Client, command: Command, args: Args): boolean {
    return this.#denial(client.user as AclUser, command, args) === undefined // as in `#deny`
  }

  /** Whether it may read any key by this command: SORT makes names of keys that no rule could have looked at. */
  readsAllKeys(client: Client, command: Command, args: Args): boolean {
    const { user } = client
    if (!(user instanceof AclUser)) return true
    return [user.root, ...user.selectors].some(
      (selector) => selector.readsAllKeys && denialBy(selector, command, args) === undefined,
    )
  }

  /** Why a user may not say a command, as ACL DRYRUN tells; undefined: it may. */
  dryRun(user: AclUser, command: Command, args: Args): string | undefined {
    const denial = this.#denial(user, command, args)
    if (denial === undefined) return undefined
    const who = this.byRules ? `User ${user.name}` : 'This user'
    if (denial.reason === 'command') return `${who} has no permissions to run the '${command.name}' command`
    const word = this.byRules ? args.text(denial.at) : args.shown(denial.at)
    return `${who} has no permissions to access the '${word}' ${denial.reason}`
  }

  /** Changes a user, or makes it: all of it or nothing. @throws BadRule */
  setUser(name: string, words: readonly string[]): void {
    const user = this.users.get(name)
    const changed = user?.copy() ?? new AclUser(name, this.#presets)
    for (const modifier of modifiersOf(words, !this.byRules)) applyModifier(changed, modifier)
    if (user === undefined) this.users.set(name, changed)
    else user.become(changed)
    this.#updateGates()
  }

  /** What users a file describes. @throws BadRule, of all its faults. */
  load(path: string): AclUser[] {
    let text: string
    try {
      text = readFileSync(path, 'latin1')
    } catch (error) {
      throw new BadRule(`Error loading ACLs, opening file '${path}': ${systemReason(error)}`)
    }
    const users = new Map<string, AclUser>()
    const faults: string[] = []
    for (const [index, line] of text.split('\n').entries()) {
      const trimmed = line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
      if (trimmed !== '') faults.push(...this.#readLine(trimmed, `${path}:${index + 1}`, users))
    }
    if (faults.length > 0) {
      throw new BadRule(
        `${faults.map((fault) => (fault.endsWith('.') ? fault : `${fault}. `)).join('')}WARNING: ACL errors detected, no change to the previously active ACL rules was performed`,
      )
    }
    return [...users.values()]
  }

  /** Has these be the users. Answers those before whom clients must not be any more. */
  replace(loaded: readonly AclUser[]): AclUser[] {
    const before = new Map(this.users)
    const { defaultUser } = this
    const described = new Map([...before].map(([name, user]) => [name, user.describe()]))
    defaultUser.become(loaded.find(({ name }) => name === DEFAULT) ?? this.#newDefault())
    this.users.clear()
    this.users.set(DEFAULT, defaultUser)
    const gone: AclUser[] = []
    for (const user of loaded) {
      const was = before.get(user.name)
      // Servers from 7.2 on leave clients alone whose user stays as it was.
      const stays = was !== undefined && this.byRules && described.get(user.name) === user.describe()
      if (user.name !== DEFAULT) this.users.set(user.name, stays ? was : user)
    }
    for (const [name, user] of before) if (name !== DEFAULT && this.users.get(name) !== user) gone.push(user)
    this.#updateGates()
    return gone
  }

  /** The file of users (`aclfile`), which may be named from the node's directory; undefined: there is none. */
  get path(): string | undefined {
    const { config } = this.#core
    const path = config.text('aclfile')
    return path === '' ? undefined : resolve(config.settings.dir, path)
  }

  /** Takes the users of the node's file, where there is one, when the node starts. @throws BadValue */
  start(): void {
    const { path } = this
    if (path === undefined) return
    try {
      this.replace(this.load(path))
    } catch (error) {
      throw error instanceof BadRule ? new BadValue(error.message) : error
    }
  }

  /** Writes all users to a file. @throws ErrnoException */
  save(path: string): void {
    const lines = this.sorted().map((user) => `${user.describe()}\n`)
    replaceFile(path, `${path}.tmp-${this.#core.runId.slice(0, 6)}`, [Buffer.from(lines.join(''), 'latin1')])
  }

  #newDefault(): AclUser {
    const user = new AclUser(DEFAULT, this.#presets)
    for (const rule of EVERYTHING) user.apply(rule)
    return user
  }

  /** Reads the user of a line. Answers its faults, in the servers' words: all names that there are not, and one of another kind. */
  #readLine(line: string, place: string, users: Map<string, AclUser>): readonly string[] {
    const [keyword, name = '', ...words] = line.split(/ +/)
    if (keyword !== 'user' || name === '') return [`${place} should start with user keyword followed by the username`]
    if (users.has(name)) return [`WARNING: Duplicate user '${name}' found on line ${place.replace(/.*:/, '')}`]
    const user = new AclUser(name, this.#presets)
    const faults: string[] = []
    let isBroken = false
    for (const modifier of wholeModifiers(words)) {
      const fault = modifier === undefined ? OPEN_SELECTOR : faultOf(user, modifier)
      if (fault === UNKNOWN) {
        faults.push(`${place}: Error in applying operation '${modifier}': ${fault}`)
      } else if (fault !== undefined && !isBroken) {
        faults.push(`${place}: ${fault}`)
        isBroken = true
      }
    }
    users.set(name, user)
    return faults
  }

  #updateGates(): void {
    for (const client of this.#core.clients.values()) client.updateGate()
  }

  /** Why a client may not say a command, which is noted in the log. */
  #deny(
    client: Client,
    command: Command,
    args: Args,
    inTransaction = client.transaction !== undefined,
  ): DenialTo | undefined {
    const user = client.user as AclUser // users that are restricted are ours
    const denial = this.#denial(user, command, args)
    if (denial === undefined) return undefined
    const object = denial.reason === 'command' ? command.name : args.text(denial.at)
    this.#note(client, { reason: denial.reason, object, user: user.name }, inTransaction)
    return { reason: denial.reason, user: user.name }
  }

  #denial(user: AclUser, command: Command, args: Args): Denial | undefined {
    let closest: Denial | undefined
    for (const selector of [user.root, ...user.selectors]) {
      const denial = denialBy(selector, command, args)
      if (denial === undefined) return undefined
      const { stage, at } = denial
      const isCloser = closest === undefined || stage > closest.stage || (stage === closest.stage && at > closest.at)
      if (isCloser) closest = denial
    }
    return closest
  }

  #refusalText({ reason, user }: DenialTo, command: Command): string {
    if (this.byRules) {
      if (reason !== 'command') return `No permissions to access a ${reason}`
      return `User ${user} has no permissions to run the '${command.name}' command`
    }
    if (reason === 'command') return `this user has no permissions to run the '${command.name}' command`
    return `this user has no permissions to access one of the ${reason}s used as arguments`
  }

  #note(
    client: Client,
    { reason, object, user }: Pick<LogEntry, 'reason' | 'object' | 'user'>,
    inTransaction = client.transaction !== undefined,
  ): void {
    const { keyspace, config } = this.#core
    const context = client.connection === undefined ? 'lua' : inTransaction ? 'multi' : 'toplevel'
    const entry = { reason, context, object, user, clientLine: clientLine(client) } as const
    this.log.add(entry, keyspace.now, config.settings.acllogMaxLen)
  }
}

const OPEN_SELECTOR = 'Unmatched parenthesis in selector definition.'

/** Undefined alone: a selector does not end. */
function wholeModifiers(words: readonly string[]): readonly (string | undefined)[] {
  try {
    return modifiersOf(words)
  } catch (error) {
    if (error instanceof BadRule) return [undefined]
    throw error
  }
}

/** Why a user can't be changed so; undefined: it is. */
function faultOf(user: AclUser, modifier: string): string | undefined {
  try {
    user.apply(modifier)
    return undefined
  } catch (error) {
    if (error instanceof BadRule) return error.message
    throw error
  }
}

function applyModifier(user: AclUser, modifier: string): void {
  try {
    user.apply(modifier)
  } catch (error) {
    if (!(error instanceof BadRule)) throw error
    throw new BadRule(`Error in ACL SETUSER modifier '${shownText(modifier)}': ${error.message}`)
  }
}

function denialBy(selector: Selector, command: Command, args: Args): Denial | undefined {
  const first = command.parent === undefined ? 1 : 2
  const argument = first < args.count ? args.text(first) : undefined
  const mayRun = (command.flags & NO_AUTH) !== 0 || selector.allowsCommand(command.name, argument)
  if (!mayRun) return { stage: 1, reason: 'command', at: 0 }
  if (!selector.allKeys) {
    for (const at of keysOf(command, args) ?? []) {
      const flags = keyFlags(command, args, at)
      const writes = CHANGES.some((flag) => flags.includes(flag))
      if (!selector.allowsKey(args.text(at), flags.includes('access'), writes)) return { stage: 2, reason: 'key', at }
    }
  }
  const channels = CHANNELS.get(command.name)
  if (channels === undefined) return undefined
  const end = channels.all ? args.count : 2
  for (let at = 1; at < end; at++) {
    if (!selector.allowsChannel(args.text(at), channels.patterns)) return { stage: 4, reason: 'channel', at }
  }
  return undefined
}
