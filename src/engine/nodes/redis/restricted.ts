/** Commands that ElastiCache keeps to itself, and how the servers are told so. */
import { createHmac } from 'node:crypto'
import { RESTRICTED, RESTRICTED_ON_SERVERLESS } from '../../../acl/commands.ts'
import { isAtLeast } from '../../../api/catalog/versions.ts'
import type { RedisProgram, RedisSpec } from './spec.ts'

/** Not in the guide's list of restricted commands; a client that could say them would take the group apart. */
const OWN = ['failover', 'cluster|saveconfig', 'cluster|set-config-epoch'] as const

/** Replicas say it, and no server lets it be called by another name for them. */
const SPOKEN_BY_REPLICAS = 'psync'

/** First version of Valkey that knows the command; a server takes no new name for what it does not know. */
const COMMANDLOG_SINCE = '8.1'

type Service = Pick<RedisSpec, 'service'>

const restrictionsOf = ({ service }: Service): readonly string[] => [
  ...RESTRICTED,
  ...OWN,
  ...(service === 'serverless' ? RESTRICTED_ON_SERVERLESS : []),
]
/** Tells of a command, or a part of one (`cluster|meet`), whether clients are not to know it. */
export function restrictionsFor(service: Service): (command: string) => boolean {
  const restricted = new Set(restrictionsOf(service))
  return (command) => restricted.has(command)
}

const canBeRenamed = (command: string): boolean => !command.includes('|') && command !== SPOKEN_BY_REPLICAS

/** The user that the engine itself and replicas log in as. */
export const ENGINE_USER = 'cachectl'

const ADDRESS_BYTES = 3

/** What of the engine's secret the servers and the engine have between them. */
export interface Keys {
  /** Of {@link ENGINE_USER}. */
  readonly password: string
  /** Of users that the door lets in, and no password of their own does. */
  readonly login: string
  /** What a renamed command is called. */
  nameOf(command: string): string
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
    login: derive('login').toString('hex'),
    nameOf: (command) => `${command}-${suffix}`,
    address: `127.${parts.join('.')}`,
  }
}

/**
 * Old and new names of all commands that clients are not to find, and nobody but the engine knows: clients get `ERR unknown
 * command`, as ElastiCache's say.
 */
export const renamedCommands = (
  keys: Keys,
  spec: Service & Pick<RedisSpec, 'program'>,
): (readonly [command: string, name: string])[] =>
  restrictionsOf(spec)
    .filter((command) => canBeRenamed(command) && isKnownTo(spec.program, command))
    .map((command) => [command, keys.nameOf(command)])

const isKnownTo = ({ name, version }: RedisProgram, command: string): boolean =>
  command !== 'commandlog' || (name === 'valkey-server' && isAtLeast(version, COMMANDLOG_SINCE))

/**
 * The rules of a user, without the commands that only the engine may say: at the end, where they hold, selectors included. They
 * are those that are parts of commands which stay, and PSYNC: the server answers NOPERM, and the door says what ElastiCache's would.
 * A server that is a part of the engine keeps them to itself, whatever a user may.
 */
export function restrictRules(rules: string, service: Service & Partial<Pick<RedisSpec, 'program'>>): string {
  const { program } = service
  if (program && program.path === undefined) return rules
  const forbidden = restrictionsOf(service).filter((command) => !canBeRenamed(command))
  const without = forbidden.map((command) => `-${command}`).join(' ')
  return `${rules.replaceAll(/\(([^)]*)\)/g, `($1 ${without})`)} ${without}`
}
