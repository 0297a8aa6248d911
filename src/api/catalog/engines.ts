/** What the engines of ElastiCache are, and since which version they can do what: a row an engine. */
import { isAtLeast } from './versions.ts'

/** Every engine the API knows, whether it has a row yet or not. */
export const ENGINE_NAMES = ['memcached', 'valkey', 'redis'] as const

export type EngineName = (typeof ENGINE_NAMES)[number]

export interface EngineFacts {
  readonly name: EngineName
  /** Versions ElastiCache serves, the newest first; a new cluster gets that (guide, "Supported engine versions"). */
  readonly versions: readonly [newest: string, ...older: string[]]
  /** Versions that new clusters cannot have any more, but whose families of parameter groups are there; the newest first. */
  readonly formerVersions?: readonly string[]
  /** What a version is down to its patch, as AWS shows it of clusters; absent: the version itself. */
  readonly patches?: Readonly<Record<string, string>>
  /** Parts of a version that its family of parameter groups is named by: 2, and 1.6.22 is of `memcached1.6`. */
  readonly familyParts: number
  /** Beginnings of versions whose family is named otherwise: `redis6.x` of 6.2. */
  readonly familyOf?: Readonly<Record<string, string>>
  /** Its description in lists of versions. Default: its name. */
  readonly title?: string
  /** First version whose nodes may be those of a cluster: of its family there is a default parameter group for that as well. */
  readonly clusterModeSince?: string
  /** Encrypted at rest unless a request says otherwise. */
  readonly encryptedAtRest?: true
  /** Port of a cluster that asks for none. */
  readonly port: number
  /** Nodes of a cluster at most, whatever the quota is; absent: as many as that allows. */
  readonly mostNodes?: number
  /** First version with IPv6 and dual stack (guide, "Choosing a network type"). */
  readonly ipv6Since: string
  /** First version with in-transit encryption (guide, "ElastiCache in-transit encryption"). */
  readonly tlsSince: string
  /** First version whose groups change their cluster mode (guide, "Modifying cluster mode"); absent: no groups. */
  readonly clusterModeChangesSince?: string
  /** First version whose groups take encryption in transit, and leave it, while they live; absent: no groups. */
  readonly tlsStepsSince?: string
  /** First version whose groups take the data of a server outside (guide, "Online migration to ElastiCache"); absent: none. */
  readonly migrationSince?: string
  /** First version whose groups may be of a global datastore (guide, "Global datastores"); absent: none. */
  readonly globalSince?: string
  /** First version whose groups may write down what they are told (guide, "Durability in ElastiCache"); absent: none. */
  readonly durableSince?: string
  /** What its caches may become, and what takes its users. */
  readonly successor?: EngineName
  /** First version whose node type can change (guide, "Vertical scaling"). */
  readonly scalingSince: string
  /** First version whose nodes do not let clients list keys: ElastiCache took `lru_crawler` away. */
  readonly keysHiddenSince?: string
  /** First version whose nodes answer `config get cluster`; absent: the engine has no such list of nodes. */
  readonly autoDiscoverySince?: string
}

export const memcached = {
  name: 'memcached',
  versions: [
    '1.6.22',
    '1.6.17',
    '1.6.12',
    '1.6.6',
    '1.5.16',
    '1.5.10',
    '1.4.34',
    '1.4.33',
    '1.4.24',
    '1.4.14',
    '1.4.5',
  ],
  familyParts: 2,
  port: 11_211,
  ipv6Since: '1.6.6',
  tlsSince: '1.6.12',
  scalingSince: '1.5',
  keysHiddenSince: '1.6.17',
  autoDiscoverySince: '1.4.14',
} satisfies EngineFacts

export const redis = {
  name: 'redis',
  title: 'Redis',
  versions: ['7.1', '7.0', '6.2', '6.0', '5.0.6', '4.0.10'],
  familyParts: 1,
  formerVersions: [
    '5.0.5',
    '5.0.4',
    '5.0.3',
    '5.0.0',
    '3.2.10',
    '3.2.6',
    '3.2.4',
    '2.8.24',
    '2.8.23',
    '2.8.22',
    '2.8.21',
    '2.8.19',
    '2.8.6',
    '2.6.13',
  ],
  // That of 7.1 is known from prose only.
  patches: { '6.0': '6.0.5', '6.2': '6.2.6', '7.0': '7.0.7', '7.1': '7.1.0' },
  familyOf: { '6': '6.x', '5': '5.0', '4': '4.0', '3': '3.2', '2.8': '2.8', '2.6': '2.6' },
  clusterModeSince: '3.2.4',
  clusterModeChangesSince: '7.0',
  port: 6379,
  ipv6Since: '6.2',
  tlsSince: '4.0.10',
  tlsStepsSince: '7.0',
  migrationSince: '5.0.6',
  globalSince: '5.0.6',
  successor: 'valkey',
  scalingSince: '4.0.10',
} satisfies EngineFacts

export const valkey = {
  name: 'valkey',
  // What AWS describes it as is a guess, after `Redis`.
  title: 'Valkey',
  versions: ['9.1', '9.0', '8.2', '8.1', '8.0', '7.2'],
  // Known from prose only; those from 8.2 on are guesses.
  patches: { '7.2': '7.2.6', '8.0': '8.0.1', '8.1': '8.1.0', '8.2': '8.2.0', '9.0': '9.0.0', '9.1': '9.1.0' },
  familyParts: 1,
  clusterModeSince: '7.2',
  clusterModeChangesSince: '7.2',
  encryptedAtRest: true,
  port: 6379,
  ipv6Since: '7.2',
  tlsSince: '7.2',
  tlsStepsSince: '7.2',
  migrationSince: '7.2',
  globalSince: '7.2',
  durableSince: '9.0',
  scalingSince: '7.2',
} satisfies EngineFacts

/** Engines with a row. */
export const engines: Readonly<Partial<Record<string, EngineFacts>>> = { memcached, redis, valkey }

/** The version that a cluster gets when its creation names none. */
export const newestVersion = ({ versions }: EngineFacts): string => versions[0]

/** Whether AWS offers this very version, such as `1.6.22`; the beginning of one is none. */
export const hasVersion = ({ versions }: EngineFacts, version: string): boolean => versions.includes(version)

/** A version down to its patch. */
export const patchedVersion = ({ patches }: EngineFacts, version: string): string => patches?.[version] ?? version

/** Whether a version is one that can do what versions can since the one that its engine names, if it names any. */
export const isSince = (version: string, first: string | undefined): boolean =>
  first !== undefined && isAtLeast(version, first)

/** The family of parameter groups of a version: `memcached1.6` of 1.6.22. */
export function familyOf({ name, familyParts, familyOf: others = {} }: EngineFacts, version: string): string {
  const [, other] = Object.entries(others).find(([beginning]) => `${version}.`.startsWith(`${beginning}.`)) ?? []
  return `${name}${other ?? version.split('.').slice(0, familyParts).join('.')}`
}

/** The parameter group a cluster gets that names none: `default.memcached1.6`. */
export const defaultGroupOf = (engine: EngineFacts, version: string): string => `default.${familyOf(engine, version)}`

/** What the default parameter group for clusters is called by, after its family: `default.redis7.cluster.on`. */
export const CLUSTER_ON = '.cluster.on'
