/** What the engines of ElastiCache are, and since which version they can do what: a row an engine. */

/** Every engine the API knows, whether it has a row yet or not. */
export const ENGINE_NAMES = ['memcached', 'valkey', 'redis'] as const

export type EngineName = (typeof ENGINE_NAMES)[number]

export interface EngineFacts {
  readonly name: EngineName
  /** Versions ElastiCache serves, the newest first; a new cluster gets that (guide, "Supported engine versions"). */
  readonly versions: readonly [newest: string, ...older: string[]]
  /** Parts of a version that its family of parameter groups is named by: 2, and 1.6.22 is of `memcached1.6`. */
  readonly familyParts: number
  /** Versions whose family is named otherwise: `redis6.x` of 6.2. */
  readonly familyOf?: Readonly<Record<string, string>>
  /** Its description in lists of versions. Default: its name. */
  readonly title?: string
  /** Its nodes may be those of a cluster: of each family there is a default parameter group for that as well. */
  readonly clusterMode?: true
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
  familyOf: { '6.2': '6.x', '6.0': '6.x', '5.0.6': '5.0', '4.0.10': '4.0' },
  clusterMode: true,
  port: 6379,
  ipv6Since: '6.2',
  tlsSince: '4.0.10',
  scalingSince: '4.0.10',
} satisfies EngineFacts

export const valkey = {
  name: 'valkey',
  title: 'Valkey',
  versions: ['9.1', '9.0', '8.2', '8.1', '8.0', '7.2'],
  familyParts: 1,
  clusterMode: true,
  encryptedAtRest: true,
  port: 6379,
  ipv6Since: '7.2',
  tlsSince: '7.2',
  scalingSince: '7.2',
} satisfies EngineFacts

/** Engines with a row. */
export const engines: Readonly<Partial<Record<string, EngineFacts>>> = { memcached, redis, valkey }

/** The version that a cluster gets when its creation names none. */
export const newestVersion = ({ versions }: EngineFacts): string => versions[0]

/** Whether AWS offers this very version, such as `1.6.22`; the beginning of one is none. */
export const hasVersion = ({ versions }: EngineFacts, version: string): boolean => versions.includes(version)

/** The family of parameter groups of a version: `memcached1.6` of 1.6.22. */
export const familyOf = ({ name, familyParts, familyOf: others }: EngineFacts, version: string): string =>
  `${name}${others?.[version] ?? version.split('.').slice(0, familyParts).join('.')}`

/** The parameter group a cluster gets that names none: `default.memcached1.6`. */
export const defaultGroupOf = (engine: EngineFacts, version: string): string => `default.${familyOf(engine, version)}`

/** What the default parameter group for clusters is called by, after its family: `default.redis7.cluster.on`. */
export const CLUSTER_ON = '.cluster.on'
