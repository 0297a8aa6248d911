/** Users of a server as the engine wants them. Pure. */
import { hash } from 'node:crypto'
import type { Command } from '../../../protocols/resp/encode.ts'
import { ENGINE_USER, type Keys, restrictRules } from './restricted.ts'
import type { RedisLive, RedisSpec } from './spec.ts'

/** The user of a line of {@link RedisLive.users}, and the rules. */
export function userOf(line: string): { readonly name: string; readonly rules: string } {
  const [, name = '', rules = ''] = /^(\S+)\s*(.*)$/s.exec(line.trim()) ?? []
  return { name, rules }
}

/** Users that may do all that theirs may but write. */
export const withoutWrites = (users: readonly string[]): string[] =>
  users.map((line) => `${line.replaceAll(/\(([^)]*)\)/g, '($1 -@write)')} -@write`)

/** Those that the door logs in have the door's password, besides those of their own. */
export function withLogins({ users, logins }: Pick<RedisLive, 'users' | 'logins'>, { login }: Keys): readonly string[] {
  if (!logins) return users
  const names = new Set([...logins.iam, ...(logins.isOpen ? ['default'] : [])])
  return users.map((line) => (names.has(userOf(line).name) ? `${line} #${hash('sha256', login, 'hex')}` : line))
}

/**
 * Commands that make the users of a server those that are wanted, in an order in which no user is missing at any time.
 * @param known Users the server has.
 * @param applied What was applied last, by name: it is not said again.
 * @param spec What the users are of: commands are taken from them accordingly.
 */
export function userCommands(
  wanted: readonly string[],
  known: readonly string[],
  applied: ReadonlyMap<string, string> = new Map(),
  spec: Partial<Pick<RedisSpec, 'service' | 'program'>> = {},
): Command[] {
  const users = wanted.map(userOf)
  const names = new Set(users.map(({ name }) => name))
  return [
    ...users
      .filter(({ name, rules }) => applied.get(name) !== rules || !known.includes(name))
      .map(({ name, rules }): Command => ['ACL', 'SETUSER', name, 'reset', ...rulesOf(restrictRules(rules, spec))]),
    // The default user cannot be deleted; its clients are hung up on as those of any other would be.
    ...(names.has('default') ? [] : [['ACL', 'SETUSER', 'default', 'reset']]),
    ...(applied.has('default') && !names.has('default') ? [['CLIENT', 'KILL', 'USER', 'default']] : []),
    // Connections of a user that is deleted are closed by the server.
    ...known
      .filter((name) => !names.has(name) && name !== ENGINE_USER && name !== 'default')
      .map((name): Command => ['ACL', 'DELUSER', name]),
  ]
}

/** A selector is one rule, with its blanks. */
const rulesOf = (rules: string): string[] => rules.match(/\([^)]*\)|\S+/g) ?? []
