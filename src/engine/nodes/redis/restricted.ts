/** Commands that ElastiCache keeps to itself, and how the servers are told so. */
import { createHmac } from 'node:crypto'

/**
 * They have another name, which only the engine knows: clients get `ERR unknown command`, as ElastiCache's say. FAILOVER
 * and MODULE are not in the guide's list of restricted commands; a client that could say them would take the group apart.
 */
const RENAMED = [
  'bgrewriteaof',
  'bgsave',
  'config',
  'debug',
  'failover',
  'migrate',
  'module',
  'replicaof',
  'save',
  'shutdown',
  'slaveof',
  'sync',
] as const

export type RenamedCommand = (typeof RENAMED)[number]

/**
 * Those that cannot be renamed: replicas say PSYNC, and the rest are parts of commands that stay. Taken from every user instead:
 * the server answers NOPERM, where ElastiCache's do not know them.
 */
const FORBIDDEN = [
  'psync',
  'acl|setuser',
  'acl|deluser',
  'acl|load',
  'acl|save',
  ...[
    ...['addslots', 'addslotsrange', 'bumpepoch', 'delslots', 'delslotsrange', 'failover', 'flushslots', 'forget'],
    ...['links', 'meet', 'replicate', 'reset', 'saveconfig', 'set-config-epoch', 'setslot'],
  ].map((each) => `cluster|${each}`),
] as const

/** The user that the engine itself and replicas log in as. */
export const ENGINE_USER = 'cachectl'

const ADDRESS_BYTES = 3

/** What of the engine's secret the servers and the engine have between them. */
export interface Keys {
  /** Of {@link ENGINE_USER}. */
  readonly password: string
  /** What a renamed command is called. */
  nameOf(command: RenamedCommand): string
  /** The loopback address the servers dial each other from: a door knows them by it. */
  readonly address: string
}

/** Derived, so that one secret is all there is to keep. */
export function keysOf(secret: string): Keys {
  const derive = (use: string) => createHmac('sha256', secret).update(use).digest()
  const suffix = derive('commands').toString('hex').slice(0, 24)
  // 127.0.x and 127.255.x are where people look for loopback addresses of their own.
  const parts = [...derive('address').subarray(0, ADDRESS_BYTES)].map((byte) => 1 + (byte % 253))
  return {
    password: derive('password').toString('hex'),
    nameOf: (command) => `${command}-${suffix}`,
    address: `127.${parts.join('.')}`,
  }
}

/** Old and new names of all commands that clients are not to find. */
export const renamedCommands = (keys: Keys): (readonly [command: string, name: string])[] =>
  RENAMED.map((command) => [command, keys.nameOf(command)])

/** The rules of a user, without the commands that only the engine may say: at the end, where they hold, selectors included. */
export function restrictRules(rules: string): string {
  const without = FORBIDDEN.map((command) => `-${command}`).join(' ')
  return `${rules.replaceAll(/\(([^)]*)\)/g, `($1 ${without})`)} ${without}`
}
