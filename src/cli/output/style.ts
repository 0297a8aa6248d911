/** How what people read is coloured and how wide it may be. Programs get neither. */
import type { Environment } from '../environment.ts'
import { usageProblem } from '../problem.ts'
import { type Characters, isPlain, UNICODE } from './characters.ts'
import { own } from './sequences.ts'

export interface Style {
  /** Columns to stay within; Infinity in a pipe, whose reader cuts for itself. */
  readonly width: number
  readonly now: Date
  readonly characters: Characters
  readonly strong: Colour
  readonly faint: Colour
  readonly good: Colour
  readonly busy: Colour
  readonly bad: Colour
}

type Colour = (text: string) => string

/**
 * `--color on|off|auto`; auto: never where NO_COLOR is set, whatever else is (no-color.org), else as FORCE_COLOR or CLICOLOR_FORCE
 * say (force-color.org, bixense.com/clicolors), else on a terminal that takes more than plain text.
 */
export function wantsColour(given: unknown, env: Environment, terminal: boolean): boolean {
  if (given === 'on') return true
  if (given === 'off') return false
  if (given === undefined || given === 'auto') {
    if (env.NO_COLOR) return false
    return forced(env) ?? (terminal && !isPlain(env) && env.CLICOLOR !== '0')
  }
  throw usageProblem(`argument --color: invalid choice: '${String(given)}' (choose from: on, off, auto)`)
}

function forced({ FORCE_COLOR, CLICOLOR_FORCE }: Environment): boolean | undefined {
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return CLICOLOR_FORCE && CLICOLOR_FORCE !== '0' ? true : undefined
}

const plain: Colour = (text) => text

/** Colours for text that is `width` columns wide; `now` is what times are told relative to. */
export async function styleOf(
  coloured: boolean,
  width: number,
  now: Date,
  characters: Characters = UNICODE,
): Promise<Style> {
  if (!coloured) return { width, now, characters, strong: plain, faint: plain, good: plain, busy: plain, bad: plain }
  const { Chalk } = await import('chalk')
  // An instance of our own: chalk's reads argv and the environment by rules that are not aws-cli's.
  const { bold, dim, green, yellow, red } = new Chalk({ level: 1 })
  return {
    width,
    now,
    characters,
    strong: marked(bold),
    faint: marked(dim),
    good: marked(green),
    busy: marked(yellow),
    bad: marked(red),
  }
}

/** The colour's sequences are ours; those that the text brings along are not. */
function marked(colour: Colour): Colour {
  const [begin = '', end = ''] = own(colour(' ')).split(' ')
  // Line by line: a pager forgets the colour at the end of each.
  return (text) =>
    text
      .split('\n')
      .map((line) => `${begin}${line}${end}`)
      .join('\n')
}

/** Words of every status of the API, by what they mean to a waiting user; anything that ends in -ing is on its way. */
const GOOD = ['available', 'active', 'in-sync', 'complete', 'enabled', 'associated', 'primary', 'success']
const BAD = ['deleted', 'expired', 'disassociated', 'payment-failed', 'cancelled', 'disabled-failed']
const BUSY = ['pending-reboot', 'payment-pending', 'primary-associating', 'scheduled', 'rebooting cache cluster nodes']

/** A status in the colour of its meaning; words that mean neither good nor bad stay as they are. */
export function statusText(status: string, { good, busy, bad }: Style): string {
  if (GOOD.includes(status)) return good(status)
  if (BAD.includes(status) || /fail|incompatible|error|inaccessible/.test(status)) return bad(status)
  return BUSY.includes(status) || /ing\b/.test(status) ? busy(status) : status
}
