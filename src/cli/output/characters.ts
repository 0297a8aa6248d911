/** Which characters we draw with, and whether the terminal takes more than text: decided here for all that is shown. Pure. */
import type { Environment } from '../environment.ts'

export interface Characters {
  /** In the place of what did not fit. */
  readonly ellipsis: string
  /** Of a box: corners and crossings from the top left to the bottom right, then the lines. */
  readonly corners: readonly [top: Corners, middle: Corners, bottom: Corners]
  readonly across: string
  readonly down: string
  /** Of a bar: a full place, parts of one from the smallest, an empty one. */
  readonly full: string
  readonly parts: readonly string[]
  readonly empty: string
  /** Of a sparkline, from the lowest. */
  readonly ticks: string
  /** Of a line that turns. */
  readonly turning: readonly string[]
}

type Corners = readonly [left: string, crossing: string, right: string]

export const UNICODE: Characters = {
  ellipsis: '…',
  corners: [
    ['┌', '┬', '┐'],
    ['├', '┼', '┤'],
    ['└', '┴', '┘'],
  ],
  across: '─',
  down: '│',
  full: '█',
  parts: ['▏', '▎', '▍', '▌', '▋', '▊', '▉'],
  empty: '░',
  ticks: '▁▂▃▄▅▆▇█',
  turning: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
}

const EDGE: Corners = ['+', '+', '+']

export const ASCII: Characters = {
  ellipsis: '...',
  corners: [EDGE, EDGE, EDGE],
  across: '-',
  down: '|',
  full: '#',
  parts: [],
  empty: '.',
  ticks: '_.-=+*#',
  turning: ['|', '/', '-', '\\'],
}

/** A terminal without cursor and colours: Emacs' shell, `TERM=dumb`. */
export const isDumb = ({ TERM }: Environment): boolean => TERM === 'dumb'

/**
 * Whether it has no more than ASCII: a dumb terminal, or a locale that is not UTF-8 (`LANG=C`). The first of LC_ALL, LC_CTYPE
 * and LANG that is not empty counts, as POSIX has it; where none is set, as in containers, terminals are UTF-8 all the same.
 */
export function isPlain(env: Environment): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return isDumb(env) || (locale !== undefined && locale !== '' && !/utf-?8/i.test(locale))
}

/** Those for the terminal, or the reader of the pipe, that this environment is of. */
export const charactersOf = (env: Environment): Characters => (isPlain(env) ? ASCII : UNICODE)
