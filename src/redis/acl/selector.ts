import { matcher } from '../../acl/glob.ts'
import {
  AFTER_ALL_CHANNELS,
  AFTER_ALL_KEYS,
  BadRule,
  type KeyPattern,
  NO_FIRST_ARGUMENT,
  parentOf,
  printKeys,
  SYNTAX,
  UNKNOWN,
} from '../../acl/rules.ts'
import type { Facts } from '../commands/command.ts'

/** In the order of ACL CAT. */
export const CATEGORIES: readonly string[] =
  'keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow blocking dangerous connection transaction scripting'.split(
    ' ',
  )

interface KeyMatcher extends KeyPattern {
  readonly matches: (key: string) => boolean
}

/** What a server of an engine and version says of its commands, those that the node lacks included. */
export type CommandFacts = ReadonlyMap<string, Facts>

/** `config|get` belongs to `config`. */
const isPartOf = (name: string, command: string): boolean => name === command || name.startsWith(`${command}|`)

/** Which commands, keys and channels a user may use together. */
export class Selector {
  allKeys = false
  allChannels: boolean
  keys: readonly KeyMatcher[] = []
  channels: readonly string[] = []
  /** Whether commands of later versions would be allowed, too. */
  allCommands = false
  readonly #facts: CommandFacts
  #allowed: Set<string> = new Set()
  #firstArguments = new Map<string, readonly string[]>()
  #base: '+@all' | '-@all' = '-@all'
  #rules: readonly string[] = []

  constructor(facts: CommandFacts, allChannels: boolean) {
    this.#facts = facts
    this.allChannels = allChannels
  }

  copy(): Selector {
    const copy = new Selector(this.#facts, this.allChannels)
    copy.allKeys = this.allKeys
    copy.keys = this.keys
    copy.channels = this.channels
    copy.allCommands = this.allCommands
    copy.#allowed = new Set(this.#allowed)
    copy.#firstArguments = new Map(this.#firstArguments)
    copy.#base = this.#base
    copy.#rules = this.#rules
    return copy
  }

  /** Whether nothing is to be asked of it. */
  get allowsAll(): boolean {
    return this.allCommands && this.allKeys && this.allChannels
  }

  get readsAllKeys(): boolean {
    return this.allKeys || this.keys.some(({ pattern, read }) => pattern === '*' && read)
  }

  /** @throws BadRule */
  apply(rule: string): void {
    switch (rule.toLowerCase()) {
      case 'allkeys':
      case '~*':
        this.allKeys = true
        this.keys = []
        return
      case 'resetkeys':
        this.allKeys = false
        this.keys = []
        return
      case 'allchannels':
      case '&*':
        this.allChannels = true
        this.channels = []
        return
      case 'resetchannels':
        this.allChannels = false
        this.channels = []
        return
      case 'allcommands':
      case '+@all':
        this.#startWith('+@all')
        return
      case 'nocommands':
      case '-@all':
        this.#startWith('-@all')
        return
    }
    if (rule.startsWith('~') || rule.startsWith('%')) this.#addKeys(rule)
    else if (rule.startsWith('&')) this.#addChannel(rule.slice(1))
    else if (/^[+-]/.test(rule)) this.#applyCommand(rule.toLowerCase())
    else throw new BadRule(SYNTAX)
  }

  /** Whether it may run a command, which may depend on the first argument. */
  allowsCommand(name: string, firstArgument: string | undefined): boolean {
    if (this.allCommands || this.#allowed.has(name)) return true
    return firstArgument !== undefined && this.#firstArguments.get(name)?.includes(firstArgument.toLowerCase()) === true
  }

  allowsKey(key: string, reads: boolean, writes: boolean): boolean {
    if (this.allKeys) return true
    return this.keys.some(({ read, write, matches }) => (read || !reads) && (write || !writes) && matches(key))
  }

  /** @param isPattern It is subscribed to as a pattern, which has to be one of the rules' own. */
  allowsChannel(channel: string, isPattern: boolean): boolean {
    if (this.allChannels) return true
    return this.channels.some((pattern) => (isPattern ? pattern === channel : matcher(pattern)(channel)))
  }

  describeKeys(): string {
    return this.allKeys ? '~*' : this.keys.map(printKeys).join(' ')
  }

  describeChannels(): string {
    return this.allChannels ? '&*' : this.channels.map((pattern) => `&${pattern}`).join(' ')
  }

  /** @param byRules As servers from 7.2 on do; those before find rules that come to the same. */
  describeCommands(byRules: boolean): string {
    return byRules ? [this.#base, ...this.#rules].join(' ') : this.#rulesFound().join(' ')
  }

  /** All of it, as ACL LIST shows it. */
  describe(byRules: boolean): string {
    const channels = this.allChannels ? '&*' : `resetchannels ${this.describeChannels()}`.trim()
    return [this.describeKeys(), channels, this.describeCommands(byRules)].filter((part) => part !== '').join(' ')
  }

  #startWith(base: '+@all' | '-@all'): void {
    this.allCommands = base === '+@all'
    this.#allowed = new Set(this.allCommands ? this.#facts.keys() : [])
    this.#firstArguments.clear()
    this.#base = base
    this.#rules = []
  }

  #addKeys(rule: string): void {
    if (this.allKeys) throw new BadRule(AFTER_ALL_KEYS)
    const [, flags = '', pattern = ''] = /^(?:~|%([rw]+)~?)(.*)$/is.exec(rule) ?? []
    const read = rule.startsWith('~') || /r/i.test(flags)
    const write = rule.startsWith('~') || /w/i.test(flags)
    if (!read && !write) throw new BadRule(SYNTAX)
    const present = this.keys.find((each) => each.pattern === pattern)
    if (present === undefined) this.keys = [...this.keys, { pattern, read, write, matches: matcher(pattern) }]
    else {
      const both = { ...present, read: present.read || read, write: present.write || write }
      this.keys = this.keys.map((each) => (each === present ? both : each))
    }
  }

  #addChannel(pattern: string): void {
    if (this.allChannels) throw new BadRule(AFTER_ALL_CHANNELS)
    if (!this.channels.includes(pattern)) this.channels = [...this.channels, pattern]
  }

  #applyCommand(rule: string): void {
    const name = rule.slice(1)
    const allows = rule.startsWith('+')
    if (name.startsWith('@')) {
      if (!CATEGORIES.includes(name.slice(1))) throw new BadRule(UNKNOWN)
      this.#changeCategory(name, allows)
    } else if (this.#facts.has(name)) this.#change(name, allows)
    else this.#allowFirstArgument(name, allows)
    if (!allows) this.allCommands = false
    this.#rules = [...this.#rules.filter((each) => !isPartOf(each.slice(1), name)), rule]
  }

  /** Of a command with its subcommands. */
  #change(name: string, allows: boolean): void {
    for (const each of this.#facts.keys()) if (isPartOf(each, name)) this.#changeOne(each, allows)
  }

  #changeOne(name: string, allows: boolean): void {
    this.#firstArguments.delete(name)
    if (allows) this.#allowed.add(name)
    else this.#allowed.delete(name)
  }

  /** @param category With its `@`. */
  #changeCategory(category: string, allows: boolean): void {
    for (const name of this.#namesIn(category)) this.#changeOne(name, allows)
  }

  /** Commands of a category, with all their subcommands. */
  *#namesIn(category: string): Generator<string> {
    for (const [name, { categories }] of this.#facts) {
      const parent = this.#facts.get(parentOf(name))
      if (categories.includes(category) || parent?.categories.includes(category)) yield name
    }
  }

  #allowFirstArgument(rule: string, allows: boolean): void {
    const [command = '', argument, more] = rule.split('|')
    if (!allows || argument === undefined) throw new BadRule(UNKNOWN)
    if (more !== undefined && this.#facts.has(`${command}|${argument}`)) throw new BadRule(NO_FIRST_ARGUMENT)
    const hasSubcommands = [...this.#facts.keys()].some((each) => each.startsWith(`${command}|`))
    if (!this.#facts.has(command) || hasSubcommands || more !== undefined) throw new BadRule(UNKNOWN)
    if (argument === '') throw new BadRule(SYNTAX)
    const present = this.#firstArguments.get(command) ?? []
    if (!present.includes(argument)) this.#firstArguments.set(command, [...present, argument])
  }

  /** Categories while one has more in common with what is allowed than not, the closest first; then single commands. */
  #rulesFound(): string[] {
    const adds = this.#base === '-@all'
    const made = new Selector(this.#facts, false)
    made.#startWith(adds ? '-@all' : '+@all')
    const left = new Set(this.#allowed)
    const rules = [adds ? '-@all' : '+@all']
    const unused = new Set(CATEGORIES)
    for (let best = this.#closest(left, unused, adds); best !== undefined; best = this.#closest(left, unused, adds)) {
      const category = `@${best}`
      made.#changeCategory(category, adds)
      rules.push(`${adds ? '+' : '-'}${category}`)
      unused.delete(best)
      for (const name of this.#namesIn(category)) {
        if (adds) left.delete(name)
        else left.add(name)
      }
    }
    for (const name of this.#facts.keys()) {
      const allows = this.#allowed.has(name)
      if (allows !== made.#allowed.has(name)) {
        rules.push(`${allows ? '+' : '-'}${name}`)
        made.#change(name, allows)
      }
      if (!allows) for (const argument of this.#firstArguments.get(name) ?? []) rules.push(`+${name}|${argument}`)
    }
    return rules
  }

  #closest(left: ReadonlySet<string>, unused: ReadonlySet<string>, adds: boolean): string | undefined {
    let best: { readonly category: string; readonly differ: number; readonly agree: number } | undefined
    for (const category of unused) {
      let [on, off] = [0, 0]
      for (const [name, { categories }] of this.#facts) {
        if (!categories.includes(`@${category}`)) continue
        if (left.has(name)) on++
        else off++
      }
      const [agree, differ] = adds ? [on, off] : [off, on]
      const isCloser = best === undefined || differ < best.differ || (differ === best.differ && agree > best.agree)
      if (agree > differ && isCloser) best = { category, differ, agree }
    }
    return best?.category
  }
}
