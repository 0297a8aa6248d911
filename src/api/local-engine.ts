/** What the command line and the bundled engine agree on: files of a state directory and control routes. No I/O here. */
import { join } from 'node:path'
import type { LostPort } from './catalog/events.ts'
import type { EndpointMode } from './local-names.ts'

export const DEFAULT_PORT = 8011
/** Of the name server; where another program has it, one that is free. */
export const DEFAULT_DNS_PORT = 8053
export const DEFAULT_REGION = 'us-west-2'
export const ACCOUNT_ID = '000000000000'

/** Paths of the files that an engine keeps in its state directory. */
export const engineFiles = (stateDir: string) => ({
  /** The running engine, and where its API answers: {@link EngineInfo}. Gone when no engine runs, stale after `kill -9`. */
  info: join(stateDir, 'engine.json'),
  /** {@link EngineCredentials}, mode 0600. */
  credentials: join(stateDir, 'credentials.json'),
  log: join(stateDir, 'engine.log'),
  /** UserFile, mode 0600. */
  users: join(stateDir, 'users.json'),
  /** Every call of the API as CloudTrail records it, one JSON object a line; those before in `.1`. */
  audit: join(stateDir, 'audit.jsonl'),
  /** Those without a right signature, in the same form. */
  auditStrangers: join(stateDir, 'audit-strangers.jsonl'),
  /** Notifications, one JSON object a line; those before in `.1`. */
  notifications: join(stateDir, 'notifications.jsonl'),
  /** Bearer token of {@link METRICS_PATH}, and nothing else, mode 0600. */
  metricsToken: join(stateDir, 'metrics-token'),
  /** Samples of the last day. */
  metrics: join(stateDir, 'metrics.bin'),
  store: join(stateDir, 'state.mdb'),
  /** What real memcached nodes say, a file each. */
  nodeLogs: join(stateDir, 'node-logs'),
  /** Of servers of Redis OSS and Valkey, a directory each: `<region>/<cache cluster>/0001`. */
  nodes: join(stateDir, 'nodes'),
  /** Stands for CloudWatch Logs and Firehose: log streams of those servers; api/local-logs.ts says what they are called. */
  logs: join(stateDir, 'logs'),
  /** What those servers know the engine by, mode 0600. */
  nodeSecret: join(stateDir, 'node-secret'),
  /** How this host was made to ask the engine's name server: DnsSetup of local-dns.ts. */
  dnsSetup: join(stateDir, 'dns.json'),
  /** What snapshots hold: items of serverless caches, RDB files of Redis OSS and Valkey. */
  snapshots: join(stateDir, 'snapshots'),
  /** Stands for S3: exported snapshots lie in `<bucket>/<snapshot>.items` and `<bucket>/<name>-<shard>.rdb`. */
  buckets: join(stateDir, 's3'),
  authorityCertificate: join(stateDir, 'ca.pem'),
  authorityKey: join(stateDir, 'ca.key'),
})

/** Where Prometheus finds the metrics, on the port of the API; `Authorization: Bearer <token>`. */
export const METRICS_PATH = '/metrics'

/** Answers without a signature: {@link Health}, with status 200 once the API answers and 503 before. */
export const HEALTH_PATH = '/health'

export interface Health {
  readonly status: 'ready' | 'starting'
  readonly version: string
  /** What a start takes its time for. */
  readonly waitsFor?: string
}

/** The engine that holds a state directory, as it tells each client of its socket there: a line of JSON. */
export interface Holder {
  readonly pid: number
  /** Empty where there are none. Elsewhere than in its own the pid says nothing. */
  readonly pidNamespace: string
  /** Name of the host; of a container its id. */
  readonly host: string
  /** ISO 8601. */
  readonly startedAt: string
  /** Base URL of the API, e.g. `http://127.0.0.1:8011`; empty until it answers. */
  readonly url: string
}

export interface EngineInfo extends Holder {
  readonly version: string
  readonly port: number
  readonly region: string
  readonly stateDir: string
  /** Its name server, on 127.0.0.1; absent: no endpoint has a name. */
  readonly dnsPort?: number
  /** Addresses beyond loopback that it and its nodes listen on; absent: none. */
  readonly listen?: readonly string[]
  /** The host that endpoints are told with. */
  readonly advertisedHost?: string
  /** It runs on a terminal, or under another program, and logs there: its log file is of earlier runs. */
  readonly foreground?: true
  /** Of its log; absent: text. */
  readonly logFormat?: LogFormat
}

export interface EngineCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Bearer token of the control routes. */
  readonly controlToken: string
}

/** Control routes beside the API, on the same port; `Authorization: Bearer <controlToken>`, JSON answers. */
export const CONTROL = {
  /** GET: {@link EngineStatus} */
  status: '/_cachectl/status',
  /** POST: deletes every resource of every region; nodes end, credentials and CA stay. */
  reset: '/_cachectl/reset',
  /** GET: ClockReport; POST ClockRequest: moves the engine's clock forward, answers when what fell due is done. */
  clock: '/_cachectl/clock',
  /** POST: writes what of the audit log still waits; answers when it is in the file. */
  auditFlush: '/_cachectl/audit/flush',
  /** GET: FaultReport[]; POST FaultRequest: FaultReport, FaultClearance: FaultReport[] */
  faults: '/_cachectl/faults',
  /** GET: UserReport[]; POST UserRequest: UserEntry */
  users: '/_cachectl/users',
  /** POST PolicyRequest: UserReport */
  policies: '/_cachectl/policies',
  /** POST: looks at {@link engineFiles}.dnsSetup anew; DnsReport of local-dns.ts. */
  dns: '/_cachectl/dns',
  /** GET, POST: NotificationSettings */
  notifications: '/_cachectl/notifications',
  /** POST: `/list` RegionRequest, `/set` QuotaRequest: QuotaReport */
  quotas: '/_cachectl/quotas',
  /** POST local-network.ts: `/list`, `/create`, `/delete` follow. */
  subnets: '/_cachectl/subnets',
  /** POST local-network.ts: `/list`, `/create`, `/delete`, `/join`, `/leave`, `/authorize`, `/revoke` follow. */
  securityGroups: '/_cachectl/security-groups',
} as const

export interface EngineStatus extends EngineInfo {
  readonly pace: Pace
  /** Bytes resident in the engine's process, nodes included. */
  readonly residentBytes: number
  /** Of clusters that were created without {@link NODE_RUNTIME_TAG}. */
  readonly nodeRuntime: NodeRuntimeName
  /** How endpoints of what is created are told. */
  readonly endpoints: EndpointMode
  /** Whether nodes can have addresses of their own here; IPv6 has only ::1 for all. */
  readonly ownAddresses: boolean
  readonly workers: number
  /** Nodes whose worker thread gives no sign of life: a command has held it for seconds. By region, cluster and node. */
  readonly silentNodes: readonly string[]
  readonly memoryBudgetBytes: number
  /** Connections that embedded nodes may have all together, by the limit of open files; null: the system tells of no limit. */
  readonly connectionLimit: number | null
  readonly clusters: readonly ClusterReport[]
  /** Of Redis OSS and Valkey. */
  readonly replicationGroups: readonly GroupReport[]
  readonly serverlessCaches: readonly ServerlessReport[]
  /** Of CloudWatch, on the engine's metrics. */
  readonly alarms: readonly AlarmReport[]
}

/** A replication group, or a cache cluster of one server. */
export interface GroupReport {
  readonly region: string
  readonly id: string
  /** To callers of the API it is a cache cluster. */
  readonly lone: boolean
  readonly status: string
  readonly engine: string
  readonly engineVersion: string
  readonly nodeRuntime: ServerRuntime
  readonly clusterMode: 'disabled' | 'compatible' | 'enabled'
  readonly networkType: string
  /** `preferred`: with TLS and without. */
  readonly transit: 'plain' | 'preferred' | 'required'
  /** Those that its mode has; null too until they are placed. */
  readonly endpoints: Readonly<Record<'primary' | 'reader' | 'configuration', EndpointReport | null>>
  /** Ports that clients know, and that another program has. */
  readonly lostPorts: readonly LostPort[]
  readonly members: readonly MemberReport[]
}

export interface EndpointReport {
  readonly address: string
  readonly port: number
}

export interface MemberReport {
  readonly id: string
  readonly shard: string
  readonly role: 'primary' | 'replica'
  readonly status: string
  readonly zone: string
  readonly addresses: readonly string[]
  /** null until it is placed. */
  readonly port: number | null
  /** null while its server does not run. */
  readonly pid: number | null
  readonly connections: number
  readonly items: number
  readonly bytes: number
}

export interface AlarmReport {
  readonly region: string
  readonly name: string
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'
  /** ISO 8601, of the engine's clock: when it came into the state. */
  readonly since: string
  readonly reason: string
}

export interface ServerlessReport {
  readonly region: string
  readonly name: string
  readonly status: string
  readonly endpoint: { readonly address: string; readonly port: number; readonly readOptimizedPort: number } | null
  readonly worker: number | null
  readonly connections: number
  readonly items: number
  readonly bytes: number
  readonly limitBytes: number
  /** ElastiCache Processing Units since the cache last started. */
  readonly ecpus: number
  /** null: no limit. */
  readonly ecpuPerSecondLimit: number | null
  /** Commands that had to wait because of the limit. */
  readonly throttledCommands: number
}

export interface ClusterReport {
  readonly region: string
  readonly id: string
  readonly status: string
  readonly engineVersion: string
  readonly nodeRuntime: NodeRuntimeName
  /** What its nodes answer to `version`: of real ones the installed version. null: it is no longer installed. */
  readonly nodeVersion: string | null
  readonly networkType: string
  readonly ipDiscovery: string
  readonly tls: boolean
  readonly configVersion: number
  readonly endpoint: { readonly address: string; readonly port: number } | null
  readonly nodes: readonly NodeReport[]
}

export interface NodeReport {
  readonly id: string
  readonly status: string
  readonly zone: string
  /** Addresses it listens on, e.g. `['127.0.0.1', '::1']`. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly worker: number | null
  /** Of its own process; null for embedded nodes. */
  readonly pid: number | null
  readonly connections: number
  readonly items: number
  /** Bytes used by items, bytes of slab pages taken, bytes at most. */
  readonly bytes: number
  readonly memoryBytes: number
  readonly limitBytes: number
}

/** Options the command line hands to the engine's process, as one JSON argument. */
export interface EngineOptions {
  readonly stateDir: string
  readonly port: number
  readonly region: string
  readonly pace: Pace
  /** Absent: as it was started the last time, embedded at first. */
  readonly nodeRuntime?: NodeRuntimeName
  /** How endpoints are told of what is created. Absent: as it was started the last time, by ports at first. */
  readonly endpoints?: EndpointMode
  /** Of its name server. Absent: the one it had the last time, or any that is free. */
  readonly dnsPort?: number
  /** The hosts file that it keeps a block of where it has leave to. Absent: none. */
  readonly hostsFile?: string
  /** Addresses to listen on besides loopback, of machines or containers that are trusted. */
  readonly listen?: readonly string[]
  /** The host that endpoints, lists of nodes and redirects tell. Absent: this machine's loopback. */
  readonly advertisedHost?: string
  /** Ranges of addresses that the default security group lets in from now on. */
  readonly letIn?: readonly string[]
  /** Where server programs are that are not to be those in PATH. */
  readonly serverPlaces?: ServerPlaces
  /** Go on with what can be saved of files that are damaged. */
  readonly recover?: boolean
  /** On the terminal, or under the program, that started it; then it logs each call of the API, too. */
  readonly foreground?: true
  /** Default text. */
  readonly logFormat?: LogFormat
}

/** A line for people, or a JSON object for programs. */
export const LOG_FORMATS = ['text', 'json'] as const

export type LogFormat = (typeof LOG_FORMATS)[number]

/** Programs that run nodes of Redis OSS and Valkey, and the variable of the environment that says where each is. */
export const SERVER_VARIABLES = {
  'redis-server': 'CACHECTL_REDIS_SERVER',
  'valkey-server': 'CACHECTL_VALKEY_SERVER',
} as const

export type ServerName = keyof typeof SERVER_VARIABLES

/** Their paths; of one that is not here, the one in PATH is meant. */
export type ServerPlaces = Readonly<Partial<Record<ServerName, string>>>

/** What became of a state that was damaged. */
export interface Recovery {
  /** The damaged files, under the names they have got. */
  readonly kept: readonly string[]
  /** How many records of each kind. */
  readonly saved: Readonly<Record<string, number>>
  /** null: not even their number could be read. */
  readonly lost: number | null
  /** Those whose names could be read: `cluster us-west-2 shop`. */
  readonly lostRecords: readonly string[]
  /** Some are as they were one change earlier, or are back that had been deleted. */
  readonly mayBeOld: boolean
}

/**
 * What cache nodes are: parts of the engine (`embedded`), or the servers that are installed (`server`); with `auto` they are parts
 * of it but where a cache asks for what only a server does; with `memcached` those of Memcached are servers, and the others as
 * with `auto`.
 */
export const NODE_RUNTIMES = ['auto', 'embedded', 'server', 'memcached'] as const

export const SERVERS_OF_MEMCACHED = 'memcached' satisfies (typeof NODE_RUNTIMES)[number]

export type NodeRuntimeName = (typeof NODE_RUNTIMES)[number]

/** What the nodes of a cache of Redis OSS or Valkey are. */
export type ServerRuntime = Extract<NodeRuntimeName, 'embedded' | 'server'>

/** A tag that a cache takes at its creation: the runtime of its nodes, for as long as it lives. */
export const NODE_RUNTIME_TAG = 'cachectl:node-runtime'

/** How long the states in between last: as short as they can, long enough to be seen, or as long as on AWS. */
export type Pace = (typeof PACES)[number]
export const PACES = ['instant', 'quick', 'realistic'] as const

/** What points aws, boto3, Terraform and the SDKs at an engine. */
export const clientVariables = (
  url: string,
  { accessKeyId, secretAccessKey }: Pick<EngineCredentials, 'accessKeyId' | 'secretAccessKey'>,
  region: string,
) => ({
  AWS_ENDPOINT_URL_ELASTICACHE: url,
  AWS_ENDPOINT_URL_CLOUDWATCH: url,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
})
