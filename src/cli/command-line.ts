/** argv -> which command, and its arguments. aws-cli takes global options before the command's name, so do we. */
import type { Flag, Flags } from './flags.ts'
import { globalFlags } from './global-flags.ts'
import { GLOBAL_SPELLINGS } from './parse.ts'

export interface CommandLine {
  /** Words up to the first option after the name: a command id is some prefix of them. */
  readonly words: readonly string[]
  /** Options that stood before the name. */
  readonly leading: readonly string[]
  /** Everything after the leading options, name included. */
  readonly rest: readonly string[]
}

export function readCommandLine(argv: readonly string[]): CommandLine {
  let at = 0
  for (let word = argv[0]; word?.startsWith('--'); word = argv[at]) {
    const name = word.slice(2)
    const flag = globalFlag(name.replace(/=.*/s, ''))
    if (!flag) break
    at += flag.type === 'option' && !name.includes('=') ? 2 : 1
  }
  const rest = argv.slice(at)
  const firstOption = rest.findIndex((word) => word.startsWith('-'))
  return {
    leading: argv.slice(0, at),
    words: firstOption === -1 ? rest : rest.slice(0, firstOption),
    rest,
  }
}

const everywhere: Flags = globalFlags

/** An unambiguous beginning of one is enough. */
function globalFlag(name: string): Flag | undefined {
  const fitting = GLOBAL_SPELLINGS.filter((spelling) => spelling.startsWith(`--${name}`))
  const whole = name in everywhere || fitting.length !== 1 ? name : String(fitting[0]).slice(2)
  return everywhere[whole] ?? everywhere[whole.replace(/^no-/, '')]
}

/** Does the line ask for the version? aws-cli answers that wherever it stands. */
export const wantsVersion = (argv: readonly string[]): boolean => argv.some((word) => /^--vers?i?o?n?$/.test(word))

export const isHelp = (word: string): boolean => word === '--help' || word === '-h'

/** Does the line ask for help rather than for the command? What follows `--` is the command's own. */
export function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some(isHelp)
}
