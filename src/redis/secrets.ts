import type { Command, Dialect } from './commands/command.ts'
import type { Args } from './protocol/args.ts'

const SECRET_DIRECTIVES = [
  'requirepass',
  'masterauth',
  'masteruser',
  'primaryauth',
  'primaryuser',
  'tls-key-file-pass',
  'tls-client-key-file-pass',
]

/** What is shown instead. */
export const REDACTED = '(redacted)'

/** Whether a word of a command may not be shown to others: passwords, users' rules. Valkey keeps names of users to itself, too. */
export function isSecret({ engine }: Dialect, { name }: Command, args: Args, index: number): boolean {
  if (index === 0) return false
  if (name === 'auth') return true
  if (name === 'acl|setuser') return index > 1
  if (name === 'acl|getuser' || name === 'acl|deluser') return engine === 'valkey' && index > 1
  if (name === 'config|set') {
    return index > 2 && index % 2 === 1 && SECRET_DIRECTIVES.includes(args.text(index - 1).toLowerCase())
  }
  if (name === 'hello') return follows(args, index, 'AUTH', 2)
  return name === 'migrate' && (follows(args, index, 'AUTH', 1) || follows(args, index, 'AUTH2', 2))
}

/** Whether a word is one of so many behind an option. */
function follows(args: Args, index: number, option: string, words: number): boolean {
  for (let back = 1; back <= words; back++) if (index - back > 0 && args.is(index - back, option)) return true
  return false
}
