/** Members of requests and answers whose values are never shown: not on a terminal, not in a log. */
export const SECRET_MEMBERS: ReadonlySet<string> = new Set([
  'AccessKey',
  'AuthToken',
  'Password',
  'Passwords',
  'SecretAccessKey',
])
