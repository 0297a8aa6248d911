/** Faults to rehearse with: what there is, and what the control route for them says. */

/** What an option takes: milliseconds, a number per second, one of a few words, or a name of the service's. */
export type Takes = 'time' | 'rate' | 'word' | 'operation' | 'node type'

interface Option {
  /** Its name on the command line: `--delay`. */
  readonly flag: string
  readonly takes: Takes
  readonly summary: string
  readonly helpValue: string
}

/** What can be said of a fault besides what it is aimed at, by the member of requests, records and reports. */
export const FAULT_OPTIONS = {
  delayMs: { flag: 'delay', takes: 'time', summary: 'how late: 250ms, 2s', helpValue: '<duration>' },
  rate: { flag: 'rate', takes: 'rate', summary: 'bytes, or calls of the API, per second', helpValue: '<number>' },
  family: { flag: 'family', takes: 'word', summary: 'ipv4 or ipv6', helpValue: '<family>' },
  how: {
    flag: 'how',
    takes: 'word',
    summary: 'silent or reset, expired or mismatch, and what the fault has besides',
    helpValue: '<way>',
  },
  operation: {
    flag: 'operation',
    takes: 'operation',
    summary: 'operation of the API, such as DescribeCacheClusters',
    helpValue: '<name>',
  },
  nodeType: {
    flag: 'node-type',
    takes: 'node type',
    summary: 'node type, such as cache.t4g.small',
    helpValue: '<type>',
  },
} as const satisfies Readonly<Record<string, Option>>

export type FaultOption = keyof typeof FAULT_OPTIONS

export const FAULT_OPTION_NAMES = Object.keys(FAULT_OPTIONS) as readonly FaultOption[] // all there are, as written above

type Said<O extends FaultOption> = (typeof FAULT_OPTIONS)[O]['takes'] extends 'time' | 'rate' ? number : string

/** What one fault makes of an option. Without anything it may be left out, and then is not there. */
export interface OptionUse {
  /** Words it takes. */
  readonly words?: readonly string[]
  /** Its value when a request leaves it out. */
  readonly otherwise?: number | string
  readonly isRequired?: true
  /** Of a rate. */
  readonly least?: number
  /** Milliseconds, of a time; a day if absent. */
  readonly most?: number
}

export interface FaultKind {
  /** What it can be aimed at: `--cluster` and perhaps `--node`, the primary of a node group, `--zone`, or the API of a region. */
  readonly aim: 'node' | 'nodes' | 'cluster' | 'primary' | 'zone' | 'region'
  /** `{delayMs}` is the default of the option, or the words it takes. */
  readonly summary: string
  /** Whether it can be aimed at a serverless cache instead of a cluster: `--serverless-cache`. */
  readonly caches?: true
  /** Whether it can be aimed at what runs Redis OSS or Valkey: replication groups, their members, lone clusters. */
  readonly groups?: 'too' | 'only'
  /** Whether it can be confined to a zone of the region. */
  readonly zones?: true
  readonly options: { readonly [O in FaultOption]?: OptionUse }
  /** Seconds it lasts when a request does not say; null: until it is cleared. */
  readonly seconds: number | null
}

export const FAULT_KINDS = {
  'node-crash': {
    aim: 'node',
    summary: 'the node ends, stays in the metadata, and is replaced at the end, empty, under the same name and port',
    groups: 'too',
    options: {},
    seconds: 60,
  },
  'primary-crash': {
    aim: 'primary',
    summary:
      'the server of the primary ends, a replica takes its place if it may, and the node comes back at the end, as a replica then; of several node groups --node says which',
    groups: 'only',
    options: {},
    seconds: 60,
  },
  'node-replacement': {
    aim: 'node',
    summary:
      'the node is scheduled to be replaced in the next maintenance window, or after --duration, and then is, empty; another window moves it, clearing it cancels it',
    options: {},
    seconds: null,
  },
  'node-hang': {
    aim: 'nodes',
    summary: 'connections are made and nothing is answered',
    caches: true,
    groups: 'too',
    options: {},
    seconds: null,
  },
  'drop-family': {
    aim: 'nodes',
    summary: 'one address family gets no answer (--how silent), or is reset (--how reset)',
    caches: true,
    groups: 'too',
    options: {
      family: { words: ['ipv4', 'ipv6'], isRequired: true },
      how: { words: ['silent', 'reset'], otherwise: 'silent' },
    },
    seconds: null,
  },
  reset: {
    aim: 'nodes',
    summary: 'every connection is reset',
    caches: true,
    groups: 'too',
    options: {},
    seconds: null,
  },
  delay: {
    aim: 'nodes',
    summary: 'every request waits (--delay, {delayMs} if not said)',
    caches: true,
    groups: 'too',
    options: { delayMs: { otherwise: 500 } },
    seconds: null,
  },
  throttle: {
    aim: 'nodes',
    summary: 'bytes of a connection pass at --rate per second, {rate} if not said',
    caches: true,
    groups: 'too',
    options: { rate: { otherwise: 10_240, least: 1 } },
    seconds: null,
  },
  'replica-lag': {
    aim: 'nodes',
    summary: 'replicas hear what their primary writes late (--delay, {delayMs} if not said)',
    groups: 'only',
    // Servers give up a primary that they hear nothing from for a minute.
    options: { delayMs: { otherwise: 5_000, most: 50_000 } },
    seconds: null,
  },
  'replication-break': {
    aim: 'nodes',
    summary: 'replicas have no link to their primary, and go on with what they hold',
    groups: 'only',
    options: {},
    seconds: null,
  },
  split: {
    aim: 'node',
    summary:
      'the other nodes do not reach it, clients do: a primary loses its place and goes on taking writes, which are gone at the end; with cluster mode disabled',
    groups: 'only',
    options: {},
    seconds: null,
  },
  'memory-full': {
    aim: 'nodes',
    summary: 'nothing more fits: writes that need memory are refused with OOM, reads are not',
    groups: 'only',
    options: {},
    seconds: null,
  },
  'failover-refused': {
    aim: 'cluster',
    summary: 'no replica takes the place of a primary: a crash leaves none, and TestFailover is refused',
    groups: 'only',
    options: {},
    seconds: null,
  },
  'slot-migration-hang': {
    aim: 'cluster',
    summary: 'slots that are to change node groups stay halfway: their keys are where they were, others are asked for',
    groups: 'only',
    options: {},
    seconds: null,
  },
  'zone-outage': {
    aim: 'zone',
    summary: 'no node in the zone answers, and none can be created there',
    options: {},
    seconds: null,
  },
  capacity: {
    aim: 'region',
    summary: 'InsufficientCacheClusterCapacity for a node type, in a zone, or for all',
    zones: true,
    options: { nodeType: {} },
    seconds: null,
  },
  'address-exhaustion': {
    aim: 'region',
    summary: 'no subnet of the region, or of a zone, has a free address for a new node',
    zones: true,
    options: {},
    seconds: null,
  },
  'slow-discovery': {
    aim: 'cluster',
    summary:
      'nodes learn a changed node list late, one after the other, the last after --delay ({delayMs} if not said)',
    options: { delayMs: { otherwise: 60_000 } },
    seconds: null,
  },
  'stale-discovery': {
    aim: 'node',
    summary: 'the node goes on answering with the node list it has now',
    options: {},
    seconds: null,
  },
  'stale-dns': {
    aim: 'cluster',
    summary: 'its names go on standing for what they stand for now, whatever becomes of nodes and primaries',
    caches: true,
    groups: 'too',
    options: {},
    seconds: null,
  },
  'slow-dns': {
    aim: 'cluster',
    summary: 'answers for its names come late (--delay, {delayMs} if not said)',
    caches: true,
    groups: 'too',
    options: { delayMs: { otherwise: 3_000 } },
    seconds: null,
  },
  'no-aaaa': {
    aim: 'cluster',
    summary: 'its names have no IPv6 address (AAAA), though its nodes do',
    caches: true,
    groups: 'too',
    options: {},
    seconds: null,
  },
  servfail: {
    aim: 'cluster',
    summary: 'the name server has no answer for its names (SERVFAIL)',
    caches: true,
    groups: 'too',
    options: {},
    seconds: null,
  },
  'bad-certificate': {
    aim: 'cluster',
    summary: 'new TLS connections get a certificate that is expired, or of another name (--how mismatch)',
    caches: true,
    groups: 'too',
    options: { how: { words: ['expired', 'mismatch'], otherwise: 'expired' } },
    seconds: null,
  },
  'serverless-creation': {
    aim: 'region',
    summary: 'serverless caches become create-failed, with the event of the guide: --how {how}',
    options: { how: { words: ['addresses', 'subnets', 'endpoints', 'permissions'], otherwise: 'addresses' } },
    seconds: null,
  },
  'serverless-update': {
    aim: 'region',
    summary:
      'changes of serverless caches come to nothing, with the event of the guide: security groups (--how security-groups, permissions, invalid-groups) or limits (--how configuration, deleted)',
    options: {
      how: {
        words: ['security-groups', 'permissions', 'invalid-groups', 'configuration', 'deleted'],
        otherwise: 'security-groups',
      },
    },
    seconds: null,
  },
  'api-throttling': {
    aim: 'region',
    summary:
      'the API answers Throttling beyond --rate calls per second ({rate} if not said), to one --operation or all',
    options: { rate: { otherwise: 0, least: 0 }, operation: {} },
    seconds: null,
  },
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof FAULT_KINDS

type ValueOf<O extends FaultOption, U extends OptionUse> = U extends { words: readonly (infer W)[] } ? W : Said<O>
type IsSure<U extends OptionUse> = U extends { otherwise: unknown } | { isRequired: true } ? true : false
type UsesOf<K extends FaultName> = (typeof FAULT_KINDS)[K]['options']
type SettingOf<O, U> = O extends FaultOption ? (U extends OptionUse ? ValueOf<O, U> : never) : never
type SureOptions<Uses> = {
  [O in keyof Uses]: Uses[O] extends OptionUse ? (IsSure<Uses[O]> extends true ? O : never) : never
}[keyof Uses]

/** What is set of a fault of a kind. An option without a default may be absent. */
export type FaultSettings<K extends FaultName> = {
  readonly [O in SureOptions<UsesOf<K>>]: SettingOf<O, UsesOf<K>[O]>
} & { readonly [O in Exclude<keyof UsesOf<K>, SureOptions<UsesOf<K>>>]?: SettingOf<O, UsesOf<K>[O]> }

/** What a fault does, and the options it has for that. */
export function faultSummary(name: FaultName): string {
  const { summary, options }: FaultKind = FAULT_KINDS[name]
  return summary.replace(/\{(\w+)\}/g, (_, option: FaultOption) => {
    const { words, otherwise } = options[option] ?? {}
    if (words) return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
    return FAULT_OPTIONS[option].takes === 'time' ? spanOf(Number(otherwise)) : String(otherwise)
  })
}

const spanOf = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`)

/** The words that an option takes, of all faults together; none: it takes no words, or any. */
export const wordsFor = (option: FaultOption): readonly string[] => [
  ...new Set(Object.values(FAULT_KINDS).flatMap(({ options }: FaultKind) => options[option]?.words ?? [])),
]

/** What is in effect; members that do not apply are null. */
export type FaultReport = {
  /** `node-crash-1` */
  readonly id: string
  readonly kind: FaultName
  readonly region: string
  readonly cluster: string | null
  readonly serverlessCache: string | null
  readonly replicationGroup: string | null
  readonly node: string | null
  readonly zone: string | null
  /** ISO 8601, of the engine's clock. */
  readonly since: string
  /** null: until it is cleared. */
  readonly until: string | null
} & { readonly [O in FaultOption]: Said<O> | null }

export type FaultRequest = {
  readonly kind: string
  /** The engine's own if absent. */
  readonly region?: string
  readonly cluster?: string
  readonly serverlessCache?: string
  readonly replicationGroup?: string
  readonly node?: string
  readonly zone?: string
  readonly durationMs?: number
} & { readonly [O in FaultOption]?: Said<O> }

/** Clears faults by id; without any, all of them. Answers those that were cleared. */
export interface FaultClearance {
  readonly clear: readonly string[]
}
