/** What a server is told of a user: the other end of an access string. Pure. */
import { type AccessRules, printRules } from './access-string.ts'

export interface ServerUser {
  readonly name: string
  readonly rules: AccessRules
  /** SHA-256 in hexadecimal digits of each password. */
  readonly passwordHashes: readonly string[]
  /** Whether any password will do. */
  readonly noPassword: boolean
}

/** The command that makes a user of a server this one and nothing more, whatever it was before. */
export function setUser({ name, rules, passwordHashes, noPassword }: ServerUser): string[] {
  const { channels } = rules.root
  return [
    'ACL',
    'SETUSER',
    name,
    'reset',
    ...(noPassword ? ['nopass'] : passwordHashes.map((hash) => `#${hash}`)),
    // Where all channels are the default, those of the user would be refused after it.
    ...(typeof channels === 'string' ? [] : ['resetchannels']),
    ...printRules(rules),
  ]
}
