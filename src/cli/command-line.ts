/** argv -> which command, and its arguments. aws-cli takes global options before the command's name, so do we. */
import type { Flag, Flags } from './flags.ts'
import { globalFlags } from './global-flags.ts'
import { GLOBAL_SPELLINGS, looksLikeOption } from './parse.ts'

export interface CommandLine {
  /** Words up to the first option after the name: a command id is some prefix of them. */
  readonly words: readonly string[]
  /** Options that stood before the name. */
  readonly leading: readonly string[]
  /** Everything after the leading options, name included. */
  readonly rest: readonly string[]
  /** The first of the leading options that lacks its value. */
  readonly lacking: string | undefined
}

export function readCommandLine(argv: readonly string[]): CommandLine {
  let at = 0
  let lacking: string | undefined
  for (let word = argv[0]; word?.startsWith('--'); word = argv[at]) {
    const name = globalName(word.slice(2).replace(/=.*/s, ''))
    const flag = globalFlag(name)
    if (!flag) break
    const takesNext = flag.type === 'option' && !word.includes('=')
    const next = argv[at + 1]
    if (takesNext && (next === undefined || looksLikeOption(next))) lacking ??= name
    at += takesNext ? 2 : 1
  }
  const rest = argv.slice(at)
  const firstOption = rest.findIndex((word) => word.startsWith('-'))
  return {
    leading: argv.slice(0, at),
    words: firstOption === -1 ? rest : rest.slice(0, firstOption),
    rest,
    lacking,
  }
}

const everywhere: Flags = globalFlags

/** An unambiguous beginning of one is enough. */
function globalName(said: string): string {
  const fitting = GLOBAL_SPELLINGS.filter((spelling) => spelling.startsWith(`--${said}`))
  return said in everywhere || fitting.length !== 1 ? said : String(fitting[0]).slice(2)
}

const globalFlag = (name: string): Flag | undefined => everywhere[name] ?? everywhere[name.replace(/^no-/, '')]

/** Does the line ask for the version? aws-cli answers that wherever it stands. */
export const wantsVersion = (argv: readonly string[]): boolean => argv.some((word) => /^--vers?i?o?n?$/.test(word))

export const isHelp = (word: string): boolean => word === '--help' || word === '-h'

/** Does the line ask for help rather than for the command? What follows `--` is the command's own. */
export function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some(isHelp)
}
