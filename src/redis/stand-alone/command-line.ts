import { splitInline } from '../protocol/inline.ts'

/** What a command line or a configuration file asks for. */
export interface Plan {
  readonly engine: 'redis' | 'valkey'
  version: string
  /** Directives by name, the last of each; several lines of those that add up. */
  readonly directives: Map<string, readonly string[]>
  readonly renamed: Map<string, string>
  /** Lines `user ...`, of ACL. */
  readonly users: (readonly string[])[]
  /** Absent: there is none, or it came by standard input. */
  configFile: string | undefined
  versionOnly: boolean
}

/** A command line that no node can be started with. */
export class BadArgument extends Error {
  override readonly name = 'BadArgument'
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

const NEWEST = { redis: '7.0.15', valkey: '8.0.1' } as const
/** Directives whose lines add up. */
const ADDITIVE = ['save', 'client-output-buffer-limit']

/**
 * Reads a command line as the servers do: first the path of a configuration file, if there is one, `-` for standard input; then
 * directives, `--name value ...`, which win over the file's.
 * @param readText The text of a file, `-` for standard input.
 * @throws BadArgument
 */
export function readServerLine(
  engine: 'redis' | 'valkey',
  argv: readonly string[],
  readText: (path: string) => string,
): Plan {
  const plan: Plan = {
    engine,
    version: NEWEST[engine],
    directives: new Map(),
    renamed: new Map(),
    users: [],
    configFile: undefined,
    versionOnly: false,
  }
  let at = 0
  const [first] = argv
  if (first === '-v' || first === '--version') {
    plan.versionOnly = true
    return plan
  }
  if (first !== undefined && (first === '-' || !first.startsWith('-'))) {
    if (first !== '-') plan.configFile = first
    readFile(plan, readText(first), readText)
    at = 1
  }
  const given = new Set<string>()
  while (at < argv.length) {
    const word = argv[at] ?? ''
    if (!word.startsWith('--') || word.length === 2) throw new BadArgument(`unexpected word: '${word}'`)
    const [name = '', attached] = splitOnce(word.slice(2))
    const values = attached === undefined ? [] : [attached]
    at++
    while (at < argv.length && !isOption(argv[at] ?? '')) values.push(argv[at++] ?? '')
    set(
      plan,
      name.toLowerCase(),
      values.length === 1 && (values[0] ?? '').includes(' ') ? cut(values[0] ?? '') : values,
      given,
    )
  }
  return plan
}

const isOption = (word: string): boolean => /^--[a-z]/i.test(word)

function splitOnce(word: string): [string, string | undefined] {
  const equals = word.indexOf('=')
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)]
}

function cut(line: string): string[] {
  const words = splitInline(Buffer.from(line))
  if (words === undefined) throw new BadArgument(`unbalanced quotes: ${line}`)
  return words.map(String)
}

/** @param given Names that this place has set already: a later place wins over an earlier one as a whole. */
function set(plan: Plan, name: string, values: readonly string[], given: Set<string>): void {
  if (name === 'engine-version') plan.version = versionOf(values[0] ?? '')
  else if (name === 'rename-command') plan.renamed.set((values[0] ?? '').toLowerCase(), values[1] ?? '')
  else if (name === 'user') plan.users.push(values)
  else if (name === 'loadmodule') throw new BadArgument('loadmodule: there are no modules here')
  else {
    const before = ADDITIVE.includes(name) && given.has(name) ? (plan.directives.get(name) ?? []) : []
    plan.directives.set(name, [...before, ...values])
    given.add(name)
  }
}

function versionOf(text: string): string {
  const [, major, minor, patch = '0'] = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  if (major === undefined) throw new BadArgument(`--engine-version: not a version: '${text}'`)
  return `${major}.${minor}.${patch}`
}

function readFile(plan: Plan, text: string, readText: (path: string) => string): void {
  const given = new Set<string>()
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [name = '', ...values] = cut(trimmed)
    if (name.toLowerCase() === 'include') readFile(plan, readText(values[0] ?? ''), readText)
    else set(plan, name.toLowerCase(), values, given)
  }
}
