import { eventText } from '../../src/api/catalog/events.ts'
import type { CacheClusterRecord, CacheNodeRecord, EventRecord } from '../../src/engine/store/records.ts'

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
