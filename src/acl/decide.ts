/** Whether a user may say a command, and if not, why: as a server decides it (ACL DRYRUN). Pure. */
import type { AccessRules, Selector } from './access-string.ts'
import { type AclEngine, type Commands, commandsOf, keysTextOf, namesInRules, RESTRICTED } from './commands.ts'
import { matches } from './glob.ts'
import { channelsInWords, keysInWords } from './words.ts'

export interface Decision {
  readonly allowed: boolean
  /** Why not; or what is still to be said of it. */
  readonly why?: string
}

/** Commands before anybody has logged in. */
const OF_NOBODY: ReadonlySet<string> = new Set(['auth', 'hello', 'quit', 'reset'])

const CHANNEL_COMMANDS: ReadonlySet<string> = new Set(['publish', 'spublish', 'subscribe', 'ssubscribe'])
const PATTERN_COMMANDS: ReadonlySet<string> = new Set(['psubscribe'])

/** How far a selector got: what gets furthest tells why. */
type Refusal = { readonly stage: number; readonly why: string }

/** @param words The command and its arguments, as a client says them. */
export function decide(rules: AccessRules, words: readonly string[], engine: AclEngine): Decision {
  const commands = commandsOf(engine)
  const [first = '', second = ''] = words.map((word) => word.toLowerCase())
  const sub = `${first}|${second}`
  const name = commands.categoriesOf.has(sub) ? sub : first
  if (!commands.categoriesOf.has(name)) return { allowed: false, why: `no command ${first} is known` }
  if (RESTRICTED.has(name) || RESTRICTED.has(first)) {
    return { allowed: false, why: `${name.replace('|', ' ')} is not there on ElastiCache` }
  }
  if (!rules.on) return { allowed: false, why: 'the user is off' }
  const refusals: Refusal[] = []
  for (const selector of [rules.root, ...rules.selectors]) {
    const refusal = refusalBy(selector, name, words, commands)
    if (!refusal) return allowedBy(selector, name, words)
    refusals.push(refusal)
  }
  const [best] = refusals.sort((a, b) => b.stage - a.stage)
  return { allowed: false, ...(best && { why: best.why }) }
}

function allowedBy({ channels }: Selector, name: string, words: readonly string[]): Decision {
  if (keysTextOf(name) === '?') return { allowed: true, why: 'if its keys are: they were not looked at' }
  const undecided = channels === 'default' && channelsOf(name, words).length > 0
  return { allowed: true, ...(undecided && { why: 'unless acl-pubsub-default of the cache takes channels away' }) }
}

function refusalBy(
  selector: Selector,
  name: string,
  words: readonly string[],
  commands: Commands,
): Refusal | undefined {
  const spoken = name.replace('|', ' ')
  const by = OF_NOBODY.has(name) ? undefined : ruleAgainst(selector, name, words, commands)
  if (by !== undefined) return { stage: 0, why: `${spoken} is not allowed: ${by}` }
  for (const { key, access } of keysOf(name, words)) {
    if (mayUse(selector.keys, key, access)) continue
    const use = { r: 'may not read', w: 'may not write', rw: 'may not both read and write' }[access] ?? 'has no'
    return { stage: 1, why: `${use} key ${key}; keys: ${keysInWords(selector)}` }
  }
  const isPattern = PATTERN_COMMANDS.has(name)
  for (const channel of channelsOf(name, words)) {
    const { channels } = selector
    if (typeof channels === 'string') continue
    if (channels.some((pattern) => (isPattern ? pattern === channel : matches(pattern, channel)))) continue
    return { stage: 2, why: `has no channel ${channel}; channels: ${channelsInWords(selector)}` }
  }
  return undefined
}

/** The last rule about a command, where that takes it away; undefined: it is allowed. */
function ruleAgainst(
  { base, rules }: Selector,
  name: string,
  words: readonly string[],
  commands: Commands,
): string | undefined {
  const names = namesInRules(name, commands)
  let last: string = base
  let firstArguments: string[] = []
  for (const rule of rules) {
    const said = rule.slice(1)
    if (names.has(said)) {
      last = rule
      firstArguments = []
    } else if (said.startsWith(`${name}|`)) firstArguments.push(said.slice(name.length + 1))
  }
  if (last.startsWith('+') || firstArguments.includes((words[1] ?? '').toLowerCase())) return undefined
  return last === base ? 'no rule allows it' : last
}

export interface KeyUse {
  readonly key: string
  readonly access: string
}

/** Keys among the words of a command, as far as they stand at places that are known. */
export function keysOf(name: string, words: readonly string[]): KeyUse[] {
  const text = keysTextOf(name)
  if (text === '' || text === '?') return []
  return text.split(' ').flatMap((spec): KeyUse[] => {
    const [access = '', ...figures] = spec.split(':')
    const [index = 0, last = 0, step = 1] = figures.map(Number)
    const end = last < 0 ? words.length + last : index + last
    const found: KeyUse[] = []
    for (let at = index; at <= end && at < words.length; at += step) {
      found.push({ key: words[at] ?? '', access: accessOf(name, access, words) })
    }
    return found
  })
}

/** SET reads only with GET, says its own specification in words. */
const accessOf = (name: string, access: string, words: readonly string[]): string =>
  name === 'set' && !words.slice(3).some((word) => word.toLowerCase() === 'get') ? 'w' : access

const mayUse = (keys: Selector['keys'], key: string, access: string): boolean =>
  keys === 'all' ||
  keys.some(
    ({ pattern, read, write }) =>
      matches(pattern, key) && (read || !access.includes('r')) && (write || !access.includes('w')),
  )

function channelsOf(name: string, words: readonly string[]): readonly string[] {
  if (name === 'publish' || name === 'spublish') return words.slice(1, 2)
  return CHANNEL_COMMANDS.has(name) || PATTERN_COMMANDS.has(name) ? words.slice(1) : []
}
