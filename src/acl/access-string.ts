/**
 * Access strings of ElastiCache: the rules of ACL SETUSER, without what is said of passwords. Read as servers read
 * them, one rule after the other, and printed as valkey-server lists them: rule by rule. redis-server before 7.2 finds rules of
 * its own that come to the same, and AWS has been seen to answer such (`on ~app::* -@all +@read` in 2020 as 40 rules). Pure.
 */
import { type AclEngine, type Commands, commandsOf, namesInRules, RESTRICTED } from './commands.ts'
import {
  AFTER_ALL_CHANNELS,
  AFTER_ALL_KEYS,
  BadRule,
  type KeyPattern,
  modifiersOf,
  NO_FIRST_ARGUMENT,
  parentOf,
  printKeys,
  SYNTAX,
  UNKNOWN,
} from './rules.ts'

/** What a user may do. It is allowed what one of its selectors allows, the first of which has no parentheses. */
export interface Selector {
  readonly keys: 'all' | readonly KeyPattern[]
  /** `default`: nothing was said, and the server's `acl-pubsub-default` decides. */
  readonly channels: 'default' | 'all' | readonly string[]
  /** Whether it begins with every command, those of later versions included, or with none. */
  readonly base: '+@all' | '-@all'
  /** What is added and taken away after that, in this order: `+@read`, `-get`, `+config|get`, `+select|0`. */
  readonly rules: readonly string[]
}

export interface AccessRules {
  readonly on: boolean
  readonly root: Selector
  readonly selectors: readonly Selector[]
}

const NOTHING: Selector = { keys: [], channels: 'default', base: '-@all', rules: [] }
const NO_RULES: AccessRules = { on: false, root: NOTHING, selectors: [] }

/** Words of our own: that it is refused is known (guide, "Specifying permissions using an access string"), and not how. */
const NO_PASSWORDS = 'Passwords are not part of an access string'
const FORBIDDEN = 'The command is restricted'

const bad = (modifier: string, reason: string): BadRule =>
  new BadRule(`Error in ACL SETUSER modifier '${modifier}': ${reason}`)

/** Rules about passwords, and the one that would undo those. */
const OF_PASSWORDS = /^(?:[><#!]|(?:nopass|resetpass|reset|sanitize-payload|skip-sanitize-payload)$)/i

/** Throws BadRule for the first rule that is none. @param before Rules that these are added to. */
export function readAccessString(text: string, engine: AclEngine, before: AccessRules = NO_RULES): AccessRules {
  const commands = commandsOf(engine)
  const words = text.split(/\s+/).filter((each) => each !== '')
  return modifiersOf(words).reduce((rules, modifier) => withModifier(rules, modifier, commands), before)
}

function withModifier(rules: AccessRules, modifier: string, commands: Commands): AccessRules {
  if (OF_PASSWORDS.test(modifier)) throw bad(withoutSecret(modifier), NO_PASSWORDS)
  if (modifier.startsWith('(')) return { ...rules, selectors: [...rules.selectors, readSelector(modifier, commands)] }
  switch (modifier.toLowerCase()) {
    case 'on':
      return { ...rules, on: true }
    case 'off':
      return { ...rules, on: false }
    case 'clearselectors':
      return { ...rules, selectors: [] }
    default:
      return { ...rules, root: withRule(rules.root, modifier, modifier, commands) }
  }
}

/** A password that a caller tries to give here must not show in a message. */
const withoutSecret = (modifier: string): string => (/^\w/.test(modifier) ? modifier : `${modifier[0]}...`)

function readSelector(modifier: string, commands: Commands): Selector {
  // A server takes quotes off in here, and only here, so that they would mean something else than they look like.
  if (/["']/.test(modifier)) throw bad(modifier, SYNTAX)
  const rules = modifier
    .slice(1, -1)
    .split(' ')
    .filter((rule) => rule !== '')
  return rules.reduce((selector, rule) => withRule(selector, rule, modifier, commands), NOTHING)
}

/** @param modifier What is blamed: the rule, or the selector it stands in. */
function withRule(selector: Selector, rule: string, modifier: string, commands: Commands): Selector {
  switch (rule.toLowerCase()) {
    case 'allkeys':
    case '~*':
      return { ...selector, keys: 'all' }
    case 'resetkeys':
      return { ...selector, keys: [] }
    case 'allchannels':
    case '&*':
      return { ...selector, channels: 'all' }
    case 'resetchannels':
      return { ...selector, channels: [] }
    case 'allcommands':
    case '+@all':
      return { ...selector, base: '+@all', rules: [] }
    case 'nocommands':
    case '-@all':
      return { ...selector, base: '-@all', rules: [] }
  }
  switch (rule[0]) {
    case '~':
    case '%':
      return { ...selector, keys: withKeys(selector.keys, rule, modifier) }
    case '&':
      return { ...selector, channels: withChannel(selector.channels, rule.slice(1), modifier) }
    case '+':
    case '-':
      return withCommand(selector, rule.toLowerCase(), modifier, commands)
    default:
      throw bad(modifier, SYNTAX)
  }
}

function withKeys(keys: Selector['keys'], rule: string, modifier: string): Selector['keys'] {
  if (keys === 'all') throw bad(modifier, AFTER_ALL_KEYS)
  const pattern = readKeys(rule)
  if (!pattern) throw bad(modifier, SYNTAX)
  const present = keys.find((each) => each.pattern === pattern.pattern)
  if (!present) return [...keys, pattern]
  const both = { ...present, read: present.read || pattern.read, write: present.write || pattern.write }
  return keys.map((each) => (each === present ? both : each))
}

/** `~app:*`, `%R~app:*`, and `%R`, which a server takes for `%R~`; undefined for anything else. */
function readKeys(rule: string): KeyPattern | undefined {
  if (rule.startsWith('~')) return { pattern: rule.slice(1), read: true, write: true }
  const [, flags = '', pattern = ''] = /^%(r|w|rw|wr)(?:~(.*))?$/i.exec(rule) ?? []
  if (flags === '') return undefined
  return { pattern, read: /r/i.test(flags), write: /w/i.test(flags) }
}

function withChannel(channels: Selector['channels'], pattern: string, modifier: string): Selector['channels'] {
  if (channels === 'all') throw bad(modifier, AFTER_ALL_CHANNELS)
  // Where all channels are the default, a server would want `resetchannels` first; no access string can know.
  const present = channels === 'default' ? [] : channels
  return present.includes(pattern) ? present : [...present, pattern]
}

function withCommand(selector: Selector, rule: string, modifier: string, commands: Commands): Selector {
  const name = rule.slice(1)
  if (name.startsWith('@')) {
    if (!commands.categories.has(name.slice(1))) throw bad(modifier, UNKNOWN)
  } else if (commands.categoriesOf.has(name)) {
    if (RESTRICTED.has(name) || RESTRICTED.has(parentOf(name))) throw bad(modifier, FORBIDDEN)
  } else {
    refuseUnlessFirstArgument(rule, modifier, commands)
    // What a command that is allowed may be called with needs no saying.
    if (isAllowed(selector, parentOf(name), commands)) return selector
  }
  const others = selector.rules.filter((each) => {
    const other = each.slice(1)
    return other !== name && !other.startsWith(`${name}|`)
  })
  return { ...selector, rules: [...others, rule] }
}

/** `+select|0`: one that is otherwise blocked, with this for its first argument. */
function refuseUnlessFirstArgument(rule: string, modifier: string, { categoriesOf, containers }: Commands): void {
  const [command = '', argument, more] = rule.slice(1).split('|')
  const known = rule.startsWith('+') && argument !== undefined && categoriesOf.has(command)
  if (known && categoriesOf.has(`${command}|${argument}`)) throw bad(modifier, NO_FIRST_ARGUMENT)
  if (!known || more !== undefined || containers.has(command)) throw bad(modifier, UNKNOWN)
  if (RESTRICTED.has(command)) throw bad(modifier, FORBIDDEN)
  if (argument === '') throw bad(modifier, SYNTAX)
}

/** By the last of the rules that is about the command, or about the one whose subcommand it is. */
function isAllowed({ base, rules }: Selector, command: string, commands: Commands): boolean {
  const names = namesInRules(command, commands)
  const last = rules.findLast((rule) => names.has(rule.slice(1)))
  return (last ?? base).startsWith('+')
}

/** As a server lists the user's rules; what the server's `acl-pubsub-default` decides is left out, as AWS leaves it out. */
export const printAccessString = (rules: AccessRules): string => printRules(rules, []).join(' ')

/** Rule by rule for a server whose default may be all channels: it would refuse others after that. A selector is one rule. */
export const serverRules = (rules: AccessRules): string[] => printRules(rules, ['resetchannels'])

const printRules = ({ on, root, selectors }: AccessRules, before: readonly string[]): string[] => [
  on ? 'on' : 'off',
  ...rulesOf(root, before),
  ...selectors.map((each) => `(${rulesOf(each, before).join(' ')})`),
]

/** @param before What stands before patterns of channels. */
const rulesOf = ({ keys, channels, base, rules }: Selector, before: readonly string[]): string[] => [
  // A server takes `%RW~*` for one pattern among others, lists it like this, and would take no other after it.
  ...(keys === 'all' || keys.some(isAllKeys) ? ['~*'] : keys.map(printKeys)),
  ...printChannels(channels, before),
  base,
  ...rules,
]

const isAllKeys = ({ pattern, read, write }: KeyPattern): boolean => pattern === '*' && read && write

function printChannels(channels: Selector['channels'], before: readonly string[]): string[] {
  if (channels === 'default') return []
  if (channels === 'all') return ['&*']
  return channels.length === 0 ? ['resetchannels'] : [...before, ...channels.map((pattern) => `&${pattern}`)]
}
