import { createHash } from 'node:crypto'
import { BadRule, SYNTAX } from '../../acl/rules.ts'
import type { User } from '../access.ts'
import { type CommandFacts, Selector } from './selector.ts'

const NO_SUCH_PASSWORD = 'The password you are trying to remove from the user does not exist'
const BAD_HASH = 'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters'

/** What users of a node are made with. */
export interface Presets {
  readonly facts: CommandFacts
  /** `acl-pubsub-default`. */
  allChannels(): boolean
  /** Whether servers tell rules as they were given, and that payloads are sanitized even if nobody has said so: from 7.2 on. */
  readonly byRules: boolean
}

const hashOf = (password: Buffer): string => createHash('sha256').update(password).digest('hex')

/** One user: changed in place, as clients hold it. */
export class AclUser implements User {
  readonly name: string
  isOn = false
  takesAnyPassword = false
  unrestricted = false
  passwords: readonly string[] = []
  root: Selector
  selectors: readonly Selector[] = []
  readonly #presets: Presets
  #sanitizes: '' | 'sanitize-payload' | 'skip-sanitize-payload'

  constructor(name: string, presets: Presets) {
    this.name = name
    this.#presets = presets
    this.root = new Selector(presets.facts, presets.allChannels())
    this.#sanitizes = presets.byRules ? 'sanitize-payload' : ''
  }

  copy(): AclUser {
    const copy = new AclUser(this.name, this.#presets)
    copy.become(this)
    return copy
  }

  become(other: AclUser): void {
    this.isOn = other.isOn
    this.takesAnyPassword = other.takesAnyPassword
    this.passwords = other.passwords
    this.root = other.root.copy()
    this.selectors = other.selectors.map((each) => each.copy())
    this.#sanitizes = other.#sanitizes
    this.unrestricted = other.unrestricted
  }

  /** @throws BadRule */
  apply(modifier: string): void {
    this.#apply(modifier)
    this.unrestricted = [this.root, ...this.selectors].some(({ allowsAll }) => allowsAll)
  }

  allows(password: Buffer): boolean {
    return this.isOn && (this.takesAnyPassword || this.passwords.includes(hashOf(password)))
  }

  get flags(): string[] {
    return [this.isOn ? 'on' : 'off', this.takesAnyPassword ? 'nopass' : '', this.#sanitizes].filter(
      (flag) => flag !== '',
    )
  }

  /** As ACL LIST shows it, and files have it. */
  describe({ withoutHashes = false } = {}): string {
    const { byRules } = this.#presets
    return [
      'user',
      this.name,
      ...this.flags,
      ...(withoutHashes ? [] : this.passwords.map((hash) => `#${hash}`)),
      this.root.describe(byRules),
      ...this.selectors.map((each) => `(${each.describe(byRules)})`),
    ].join(' ')
  }

  commandsOf(selector: Selector): string {
    return selector.describeCommands(this.#presets.byRules)
  }

  #apply(modifier: string): void {
    const word = modifier.toLowerCase()
    if (word === 'on' || word === 'off') this.isOn = word === 'on'
    else if (word === 'sanitize-payload' || word === 'skip-sanitize-payload') this.#sanitizes = word
    else if (word === 'nopass' || word === 'resetpass') {
      this.takesAnyPassword = word === 'nopass'
      this.passwords = []
    } else if (word === 'clearselectors') this.selectors = []
    else if (word === 'reset') this.#reset()
    else if (/^[>#<!]/.test(modifier)) this.#applyPassword(modifier[0] ?? '', modifier.slice(1))
    else if (modifier.startsWith('(')) this.#addSelector(modifier)
    else this.root.apply(modifier)
  }

  #reset(): void {
    this.isOn = this.takesAnyPassword = false
    this.passwords = []
    this.selectors = []
    this.#sanitizes = 'sanitize-payload'
    this.root = new Selector(this.#presets.facts, this.#presets.allChannels())
  }

  #applyPassword(sign: string, text: string): void {
    const isHash = sign === '#' || sign === '!'
    if (isHash && !/^[0-9a-f]{64}$/.test(text)) throw new BadRule(BAD_HASH)
    const hash = isHash ? text : hashOf(Buffer.from(text, 'latin1'))
    const isThere = this.passwords.includes(hash)
    if (sign === '>' || sign === '#') {
      if (!isThere) this.passwords = [...this.passwords, hash]
      this.takesAnyPassword = false
    } else if (!isThere) throw new BadRule(NO_SUCH_PASSWORD)
    else this.passwords = this.passwords.filter((each) => each !== hash)
  }

  #addSelector(modifier: string): void {
    if (!modifier.endsWith(')')) throw new BadRule(SYNTAX)
    const selector = new Selector(this.#presets.facts, this.#presets.allChannels())
    for (const rule of modifier.slice(1, -1).split(' ')) if (rule !== '') selector.apply(rule)
    this.selectors = [...this.selectors, selector]
  }
}
