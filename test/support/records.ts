import { eventText } from '../../src/api/catalog/events.ts'
import type { FaultName } from '../../src/api/engine-faults.ts'
import type {
  CacheClusterRecord,
  CacheNodeRecord,
  EventRecord,
  FaultOf,
  FaultRecord,
  GroupMemberRecord,
  ReplicationGroupRecord,
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

/** A member of a group, in its place once all is well. */
export const memberRecord = (id: string, more: Partial<GroupMemberRecord> = {}): GroupMemberRecord => {
  const number = Number(/\d+$/.exec(id)?.[0] ?? 1)
  return {
    id,
    zone: 'us-west-2a',
    place: { subnetId: 'subnet-a', port: 6400 + number, innerPort: 16_400 + number, busPort: null },
    nodeId: String(number).padStart(40, '0'),
    createdAt: Date.UTC(2026, 0, 1),
    status: 'available',
    incarnation: 1,
    tags: [],
    ...more,
  }
}

/** An available group of shop-001, its primary, and shop-002, if nothing else is said. */
export const groupRecord = (more: Partial<ReplicationGroupRecord> = {}): ReplicationGroupRecord => ({
  region: 'us-west-2',
  id: 'shop',
  token: 'abcdef',
  createdAt: Date.UTC(2026, 0, 1),
  created: true,
  lone: false,
  status: 'available',
  description: 'The shop',
  engine: 'valkey',
  engineVersion: '8.0',
  nodeType: 'cache.t4g.small',
  clusterMode: 'disabled',
  requestedPort: 6379,
  endpointPorts: { primary: 6379, reader: 6380, configuration: null },
  networkType: 'ipv4',
  ipDiscovery: 'ipv4',
  transit: 'plain',
  atRest: false,
  authTokens: [],
  acceptsNoToken: false,
  userGroupIds: [],
  automaticFailover: 'disabled',
  multiAz: false,
  shards: [
    {
      id: '0001',
      status: 'available',
      slots: [[0, 16_383]],
      primary: 'shop-001',
      members: [memberRecord('shop-001'), memberRecord('shop-002')],
    },
  ],
  parameterGroup: 'default.valkey8',
  parameters: { values: {}, version: 1 },
  subnetGroup: 'default',
  securityGroupIds: [],
  maintenanceWindow: 'sun:05:00-sun:09:00',
  autoMinorVersionUpgrade: true,
  snapshotRetentionLimit: 0,
  snapshotWindow: '05:00-06:00',
  tags: [],
  pending: {},
  pendingDue: null,
  failoverTests: [],
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
