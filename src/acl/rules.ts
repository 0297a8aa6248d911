/** What access strings and users of the embedded node have in common: how single rules are read and told. Pure. */

/** A rule that a server would not take, or ElastiCache does not; the message is the server's. */
export class BadRule extends Error {
  override readonly name = 'BadRule'
}

// What a rule is refused with, in the servers' words.
export const SYNTAX = 'Syntax error'
export const UNKNOWN = 'Unknown command or category name in ACL'
export const NO_FIRST_ARGUMENT = 'Allowing first-arg of a subcommand is not supported'
export const AFTER_ALL_KEYS =
  "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
export const AFTER_ALL_CHANNELS =
  "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels"

export interface KeyPattern {
  readonly pattern: string
  readonly read: boolean
  readonly write: boolean
}

/** The rule that gives a pattern: `~app:*`, `%R~app:*`. */
export const printKeys = ({ pattern, read, write }: KeyPattern): string =>
  read && write ? `~${pattern}` : `%${read ? 'R' : 'W'}~${pattern}`

/** `config` of `config|get`, a command itself of one without subcommands. */
export const parentOf = (command: string): string => command.replace(/\|.*/s, '')

/**
 * Words with those from one that opens a parenthesis to one that closes it made one.
 * @param restarts Whether one that opens another parenthesis first drops those before it, as redis 7.0 has it.
 * @throws BadRule
 */
export function modifiersOf(words: readonly string[], restarts = false): string[] {
  const modifiers: string[] = []
  let open: string[] = []
  for (const word of words) {
    if (open.length === 0 && !word.startsWith('(')) modifiers.push(word)
    else {
      if (restarts && word.startsWith('(') && !word.endsWith(')')) open = []
      open.push(word)
      if (!word.endsWith(')')) continue
      modifiers.push(open.join(' '))
      open = []
    }
  }
  if (open.length > 0) throw new BadRule(`Unmatched parenthesis in acl selector starting at '${open[0]}'.`)
  return modifiers
}
