/** Members of requests and answers whose values are never shown: not on a terminal, not in a log. */
export const SECRET_MEMBERS: ReadonlySet<string> = new Set([
  'AccessKey',
  'AuthToken',
  'Password',
  'Passwords',
  'SecretAccessKey',
])

/** Members that should hold no password, and may: rules of Redis OSS have a place for it. */
const RULES: ReadonlySet<string> = new Set(['AccessString', 'AppendAccessString'])

/** What is shown of a member: what is told in place of a secret, or the value, without passwords among rules. */
export function withoutSecrets(name: string, value: unknown, instead: string): unknown {
  if (SECRET_MEMBERS.has(name)) return instead
  if (typeof value !== 'string' || !RULES.has(name)) return value
  return value.replace(/(?<=^|[\s(])([><#!])\S+/g, `$1${instead}`)
}
