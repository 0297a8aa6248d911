/** Faults to rehearse with: what there is, and what the control route for them says. */

export interface FaultKind {
  /** What it can be aimed at: `--cluster` and perhaps `--node`, `--zone`, or the API of a region. */
  readonly aim: 'node' | 'nodes' | 'cluster' | 'zone' | 'region'
  readonly summary: string
  /** Whether it can be aimed at a serverless cache instead of a cluster: `--serverless-cache`. */
  readonly caches?: true
  /** Options it takes besides. */
  readonly options: readonly FaultOption[]
  /** How long it lasts when nobody says, in seconds; null: until it is cleared. */
  readonly seconds: number | null
}

export type FaultOption = 'delay' | 'rate' | 'family' | 'how' | 'operation' | 'node-type' | 'zone'

export const FAULT_KINDS = {
  'node-crash': {
    aim: 'node',
    summary: 'the node ends, stays in the metadata, and is replaced at the end, empty, under the same name and port',
    options: [],
    seconds: 60,
  },
  'node-replacement': {
    aim: 'node',
    summary:
      'the node is scheduled to be replaced in the next maintenance window, or after --duration, and then is, empty; another window moves it, clearing it cancels it',
    options: [],
    seconds: null,
  },
  'node-hang': {
    aim: 'nodes',
    summary: 'connections are made and nothing is answered',
    caches: true,
    options: [],
    seconds: null,
  },
  'drop-family': {
    aim: 'nodes',
    summary: 'one address family gets no answer (--how silent), or is reset (--how reset)',
    caches: true,
    options: ['family', 'how'],
    seconds: null,
  },
  reset: { aim: 'nodes', summary: 'every connection is reset', caches: true, options: [], seconds: null },
  delay: {
    aim: 'nodes',
    summary: 'every request waits (--delay, 500ms if not said)',
    caches: true,
    options: ['delay'],
    seconds: null,
  },
  throttle: {
    aim: 'nodes',
    summary: 'bytes of a connection pass at --rate per second, 10240 if not said',
    caches: true,
    options: ['rate'],
    seconds: null,
  },
  'zone-outage': {
    aim: 'zone',
    summary: 'no node in the zone answers, and none can be created there',
    options: [],
    seconds: null,
  },
  capacity: {
    aim: 'region',
    summary: 'InsufficientCacheClusterCapacity for a node type, in a zone, or for all',
    options: ['zone', 'node-type'],
    seconds: null,
  },
  'address-exhaustion': {
    aim: 'region',
    summary: 'no subnet of the region, or of a zone, has a free address for a new node',
    options: ['zone'],
    seconds: null,
  },
  'slow-discovery': {
    aim: 'cluster',
    summary: 'nodes learn a changed node list late, one after the other, the last after --delay (60s if not said)',
    options: ['delay'],
    seconds: null,
  },
  'stale-discovery': {
    aim: 'node',
    summary: 'the node goes on answering with the node list it has now',
    options: [],
    seconds: null,
  },
  'bad-certificate': {
    aim: 'cluster',
    summary: 'new TLS connections get a certificate that is expired, or of another name (--how mismatch)',
    caches: true,
    options: ['how'],
    seconds: null,
  },
  'serverless-creation': {
    aim: 'region',
    summary:
      'serverless caches become create-failed, with the event of the guide: --how addresses, subnets, endpoints or permissions',
    options: ['how'],
    seconds: null,
  },
  'serverless-update': {
    aim: 'region',
    summary:
      'changes of serverless caches come to nothing, with the event of the guide: security groups (--how security-groups, permissions, invalid-groups) or limits (--how configuration, deleted)',
    options: ['how'],
    seconds: null,
  },
  'api-throttling': {
    aim: 'region',
    summary: 'the API answers Throttling beyond --rate calls per second (0 if not said), to one --operation or all',
    options: ['rate', 'operation'],
    seconds: null,
  },
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof FAULT_KINDS

/** What is in effect; members that do not apply are null. */
export interface FaultReport {
  /** `node-crash-1` */
  readonly id: string
  readonly kind: FaultName
  readonly region: string
  readonly cluster: string | null
  readonly serverlessCache: string | null
  readonly node: string | null
  readonly zone: string | null
  readonly delayMs: number | null
  /** Bytes, or calls, per second. */
  readonly rate: number | null
  readonly family: 'ipv4' | 'ipv6' | null
  readonly how: string | null
  readonly operation: string | null
  readonly nodeType: string | null
  /** ISO 8601, of the engine's clock. */
  readonly since: string
  /** null: until it is cleared. */
  readonly until: string | null
}

export interface FaultRequest {
  readonly kind: string
  /** The engine's own if absent. */
  readonly region?: string
  readonly cluster?: string
  readonly serverlessCache?: string
  readonly node?: string
  readonly zone?: string
  readonly durationMs?: number
  readonly delayMs?: number
  readonly rate?: number
  readonly family?: string
  readonly how?: string
  readonly operation?: string
  readonly nodeType?: string
}

/** Clears faults by id; without any, all of them. Answers those that were cleared. */
export interface FaultClearance {
  readonly clear: readonly string[]
}
