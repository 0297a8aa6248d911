import { eventText } from '../../src/api/catalog/events.ts'
import type { FaultName } from '../../src/api/engine-faults.ts'
import type {
  CacheClusterRecord,
  CacheNodeRecord,
  EventRecord,
  FaultOf,
  FaultRecord,
  ServerlessCacheRecord,
} from '../../src/engine/store/records.ts'

/** A node as its cluster's record has it once all is well. */
export const nodeRecord = (id: string, more: Partial<CacheNodeRecord> = {}): CacheNodeRecord => ({
  id,
  zone: 'us-west-2a',
  port: 11_300 + Number(id),
  createdAt: Date.UTC(2026, 0, 1),
  status: 'available',
  advertised: true,
  incarnation: 1,
  ...more,
})

/** An available cluster of the nodes 0001 and 0002, if nothing else is said. */
export const clusterRecord = (more: Partial<CacheClusterRecord> = {}): CacheClusterRecord => ({
  region: 'us-west-2',
  id: 'shop',
  token: 'abcdef',
  createdAt: Date.UTC(2026, 0, 1),
  created: true,
  status: 'available',
  engine: 'memcached',
  engineVersion: '1.6.22',
  nodeType: 'cache.t4g.small',
  numCacheNodes: 2,
  nodes: [nodeRecord('0001'), nodeRecord('0002')],
  requestedPort: 11_211,
  discovery: { version: 1, port: 11_211 },
  networkType: 'ipv4',
  ipDiscovery: 'ipv4',
  tls: false,
  parameterGroup: 'default.memcached1.6',
  subnetGroup: 'default',
  securityGroupIds: [],
  maintenanceWindow: 'sun:05:00-sun:09:00',
  autoMinorVersionUpgrade: true,
  tags: [],
  pending: {},
  pendingDue: null,
  steps: [],
  stepDue: 0,
  ...more,
})

/** What an event says. */
export const wordsOf = (record: EventRecord): string =>
  record.sourceType === 'alarm' ? record.message : eventText(record.event)
/** A serverless cache that is being created, if nothing else is said. */
export const serverlessRecord = (more: Partial<ServerlessCacheRecord> = {}): ServerlessCacheRecord => ({
  region: 'us-west-2',
  id: 'shop',
  token: 'abcdef',
  description: '',
  createdAt: Date.UTC(2026, 5, 1, 12),
  status: 'creating',
  engine: 'memcached',
  dataStorage: { minimum: 0, maximum: 0 },
  ecpuPerSecond: { minimum: 0, maximum: 0 },
  securityGroupIds: [],
  subnetIds: [],
  networkType: 'ipv4',
  ports: null,
  snapshotRetentionLimit: 3,
  dailySnapshotTime: '05:30',
  nextSnapshot: null,
  manualSnapshots: [],
  tags: [],
  steps: [],
  stepDue: 0,
  ...more,
})

type Aim = Pick<FaultOf<'delay'>, 'cluster' | 'clusterToken' | 'node'>
type Wanted = { [K in FaultName]: Omit<FaultOf<K>, 'region' | 'id' | 'since' | keyof Aim> & Aim }[FaultName]

/** A fault in effect since the beginning of time, if nothing else is said. */
export const faultRecord = (wanted: Wanted): FaultRecord =>
  ({ region: 'us-west-2', id: 'fault-1', since: 0, ...wanted }) as FaultRecord // those of a node are given one
