import { matcher } from '../../acl/glob.ts'
import { isAtLeast } from '../../api/catalog/versions.ts'
import type { Dialect } from '../commands/command.ts'
import { DIRECTIVES, type Directive } from './directives.ts'
import { BadValue, type Kind, type Value, type WrittenValue } from './kinds.ts'
import type { Settings } from './settings.ts'

/** The directives of one node and their values. */
export class Config {
  /** What the node's code reads. */
  readonly settings: Readonly<Settings>
  readonly #settings: Record<string, Value> = {}
  readonly #directives = new Map<string, Directive>()
  /** What this version calls them, before all other names. */
  readonly #names = new Map<Directive, string>()
  readonly #engine: Dialect['engine']
  readonly #values = new Map<Directive, Value>()
  readonly #listeners = new Map<keyof Settings, (() => void)[]>()

  constructor({ engine, version }: Dialect) {
    this.#engine = engine
    for (const directive of DIRECTIVES) {
      const preset = this.#presetOf(directive)
      if (directive.setting) this.#settings[directive.setting] = preset
      const isKnown =
        directive.valkeySince === undefined || (engine === 'valkey' && isAtLeast(version, directive.valkeySince))
      if (!isKnown) continue
      this.#values.set(directive, preset)
      this.#directives.set(directive.name, directive)
      const { valkeyAlias, valkeyAliasSince = '0.0.0' } = directive
      const isRenamed = engine === 'valkey' && valkeyAlias !== undefined && isAtLeast(version, valkeyAliasSince)
      const alias = isRenamed ? valkeyAlias : directive.alias
      if (alias) this.#directives.set(alias, directive)
      this.#names.set(directive, isRenamed ? valkeyAlias : directive.name)
    }
    this.settings = this.#settings as unknown as Settings // each is the setting of a row
  }

  /**
   * Sets directives at the start, those that can be set then only, too.
   * @throws BadValue
   */
  load(directives: ReadonlyMap<string, readonly string[]>): void {
    for (const [name, words] of directives) {
      const directive = this.directive(name)
      if (directive === undefined) throw new BadValue(`Bad directive or wrong number of arguments: '${name}'`)
      try {
        this.#put(new Map([[directive, this.read(directive, words)]]))
      } catch (error) {
        throw error instanceof BadValue ? new BadValue(`'${name} ${words.join(' ')}': ${error.message}`) : error
      }
    }
  }

  directive(name: string): Directive | undefined {
    return this.#directives.get(name.toLowerCase())
  }

  /** The names that a pattern of CONFIG GET stands for, older ones too, with their values. */
  *matching(pattern: string): Generator<readonly [name: string, value: string]> {
    const isPattern = /[[*?]/.test(pattern)
    const fits = matcher(pattern.toLowerCase())
    for (const [name, directive] of this.#directives) {
      if (fits(name) && !(isPattern && directive.hidden)) yield [name, this.show(directive)]
    }
  }

  /** The value of a directive as text; '' for one that this version does not have. */
  text(name: string): string {
    const directive = this.directive(name)
    return directive ? this.show(directive) : ''
  }

  /** Whether Valkey names itself redis to its clients. */
  get compatible(): boolean {
    return this.text('extended-redis-compatibility') === 'yes'
  }

  show(directive: Directive): string {
    return directive.kind.show(this.#values.get(directive) as never) // what its kind has read
  }

  /** The name of a directive that a file has by any of its names; undefined: there is none of that name. */
  nameOf(spoken: string): string | undefined {
    const directive = this.directive(spoken)
    return directive && this.#names.get(directive)
  }

  /** All directives as a configuration file has them. */
  *written(): Generator<readonly [name: string, lines: readonly WrittenValue[]]> {
    for (const [directive, name] of this.#names) {
      const value = this.#values.get(directive) as never // what its kind has read
      const preset = this.#presetOf(directive) as never // of its kind
      const lines = directive.kind.write?.(value, preset, this.#engine)
      yield [name, lines ?? [{ text: this.show(directive), isNews: value !== preset }]]
    }
  }

  #presetOf({ preset, valkeyPreset }: Directive): Value {
    return this.#engine === 'valkey' ? (valkeyPreset ?? preset) : preset
  }

  /**
   * Reads a value without setting it.
   * @throws BadValue
   */
  read(directive: Directive, words: readonly string[]): Value {
    return directive.kind.read(directive.kind.many ? words : [words[0] ?? ''])
  }

  /** Sets values that were read, and tells those who go by them, each once. A listener's BadValue puts all of them back. */
  set(values: ReadonlyMap<Directive, Value>): void {
    const before = new Map([...values.keys()].map((directive) => [directive, this.#values.get(directive) as Value])) // all have one
    this.#put(values)
    try {
      this.#tell(values)
    } catch (error) {
      this.#put(before)
      if (error instanceof BadValue) this.#tell(before)
      throw error
    }
  }

  /** Has `changed` called whenever one of these is set, and once now. What it throws as BadValue refuses the change. */
  follow(settings: readonly (keyof Settings)[], changed: () => void): void {
    for (const setting of settings) this.#listeners.set(setting, [...(this.#listeners.get(setting) ?? []), changed])
    changed()
  }

  #put(values: ReadonlyMap<Directive, Value>): void {
    for (const [directive, set] of values) {
      const { merge } = directive.kind as Kind // by which the value was read
      const value = merge ? merge(this.#values.get(directive) as Value, set) : set // all have one
      this.#values.set(directive, value)
      if (directive.setting) this.#settings[directive.setting] = value
    }
  }

  #tell(values: ReadonlyMap<Directive, Value>): void {
    const concerned = [...values.keys()].flatMap(({ setting }) => (setting ? (this.#listeners.get(setting) ?? []) : []))
    for (const listener of new Set(concerned)) listener()
  }
}
