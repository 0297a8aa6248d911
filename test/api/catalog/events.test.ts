import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EVENT_KINDS,
  type EventFacts,
  type EventKind,
  eventText,
  notificationOf,
  readEvent,
  tellsFailure,
} from '../../../src/api/catalog/events.ts'

const matching = (pattern: RegExp) => fc.stringMatching(pattern)
const node = matching(/^[0-9]{4}$/)
const name = matching(/^[a-z][a-z0-9-]{0,20}$/)
const type = matching(/^cache\.[a-z0-9]{2,4}\.[a-z0-9]{4,8}$/)
const version = matching(/^1\.[0-9]\.[0-9]{1,2}$/)
const zone = matching(/^us-west-2[a-d]$/)
const time = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString())
const count = fc.nat({ max: 1000 })
const why = fc.oneof(
  fc.string(),
  fc.constantFrom('out of memory', 'killed (3 times in a row)', 'a\nb', '$& {node} [x]'),
)
const fails = fc.constantFrom('security-groups', 'permissions', 'invalid-groups')
const types = { fromType: type, toType: type }
const scheduled = { node, time, window: fc.option(fc.constant('sun:05:00-sun:09:00'), { nil: undefined }) }
const shortOfAddresses = { zone, subnetGroup: name }
const lostPorts = fc.array(
  fc.record({
    subject: fc.oneof(node, fc.constant('endpoint')),
    port: fc.nat(65_535),
    code: matching(/^E[A-Z]{2,9}$/),
  }),
  { minLength: 1, maxLength: 4 },
)

/** Facts of an event of each kind: a kind without them does not compile. */
const FACTS: { readonly [K in EventKind]: object } = {
  'cluster-created': {},
  'cluster-deleted': {},
  'no-persistence': {},
  'replication-group-created': { group: name },
  'replication-group-deleted': { group: name },
  'global-joined': { group: name, datastore: name, role: fc.constantFrom('PRIMARY', 'SECONDARY') },
  'global-left': { group: name, datastore: name },
  'migration-completed': { group: name },
  'migration-begun': { group: name },
  'migration-tested': { group: name },
  'migration-forced': { group: name },
  'migration-not-completed': { group: name, why },
  'migration-not-begun': { group: name, why },
  'migration-test-failed': { group: name, why },
  'failover-on': { group: name },
  'failover-off': { group: name },
  'failover-tested': { node },
  'replicas-increasing': { group: name, time },
  'replicas-increased': { group: name, time },
  'replicas-decreasing': { group: name, time },
  'replicas-decreased': { group: name, time },
  'shards-added': { count, group: name, nodes: fc.constant('0003, 0004') },
  'scaling-out': { group: name, fromCount: count, toCount: count },
  'scaling-in': { group: name, fromCount: count, toCount: count },
  rebalancing: { group: name },
  'shards-scaled': { group: name, count },
  'failed-over': { fromNode: name, toNode: name },
  'snapshot-taken': { snapshot: name, cluster: name },
  'group-snapshot-taken': { snapshot: name, group: name },
  'snapshot-failed': { snapshot: name, cluster: name },
  'group-snapshot-failed': { snapshot: name, group: name },
  'shards-not-scaled': { group: name, count },
  'slots-do-not-fit': { count, group: name, node },
  'slots-too-large': { count, group: name, node },
  'slots-kept': { group: name, count },
  'data-not-restored': { why },
  'cluster-mode-not-changed': { group: name },
  'node-added': { node, zone },
  'node-removed': { node, zone },
  'node-shut-down': { node },
  'node-restarted': { node },
  'number-increasing': {},
  'number-decreasing': {},
  'number-modified': { fromCount: count, toCount: count },
  'engine-upgrading': { fromVersion: version, toVersion: version },
  'type-scaling': types,
  'type-scaled': types,
  'type-not-scaled': { ...types, zone },
  'addition-without-addresses': shortOfAddresses,
  'creation-without-addresses': shortOfAddresses,
  'recovery-begun': { nodes: node },
  'recovery-done': { nodes: node },
  'replacement-scheduled': scheduled,
  'replacement-rescheduled': scheduled,
  'replacement-canceled': { node },
  'update-available': { node },
  'security-groups-modified': {},
  'parameters-applied': { group: name },
  'subnets-gone': { subnets: fc.array(name, { minLength: 1 }).map((all) => all.join(', ')), subnetGroup: name },
  'reachable-again': {},
  'ports-lost': { lostPorts },
  'ports-back': {},
  'nodes-not-running': { why, times: count },
  'nodes-not-created': { why, times: count },
  'node-incompatible': { subject: fc.oneof(node, fc.constant('endpoint')), why },
  'node-list-restored': { node, loss: fc.constantFrom('deleted', 'replaced') },
  'other-program': { installed: version, asked: version },
  'parameter-group-created': {},
  'parameter-group-deleted': {},
  'parameter-updated': { parameter: name, value: fc.string() },
  'parameter-reset': { parameter: name },
  'parameters-reset': {},
  'subnet-group-created': {},
  'subnet-group-modified': {},
  'subnet-group-deleted': {},
  'security-group-created': {},
  'security-group-deleted': {},
  'security-group-authorizing': { group: fc.string({ minLength: 1 }), owner: matching(/^[0-9]{12}$/) },
  'security-group-revoking': { group: fc.string({ minLength: 1 }), owner: matching(/^[0-9]{12}$/) },
  'user-created': {},
  'user-modified': {},
  'user-deleted': {},
  'user-group-created': {},
  'user-group-modified': {},
  'user-group-deleted': {},
  'cache-created': { cache: name },
  'cache-deleted': { cache: name },
  'cache-not-created': {
    cache: name,
    creationCause: fc.constantFrom('addresses', 'subnets', 'endpoints', 'permissions', 'snapshot'),
  },
  'cache-tagged': { cache: name },
  'cache-security-groups-updated': { cache: name },
  'cache-security-groups-not-updated': { cache: name, updateCause: fails },
  'cache-limits-updated': { cache: name },
  'cache-limits-not-updated': { cache: name, limitCause: fc.constantFrom('configuration', 'deleted') },
  'cache-not-running': { cache: name, why, times: count },
  'cache-ended-in-creation': { cache: name, why, times: count },
  'nodes-removed': { nodes: fc.array(node, { minLength: 1 }).map((all) => all.join(', ')) },
  'recovery-started': { nodes: node },
  'type-modified': { toType: type },
  'type-not-modified': { toType: type },
  'security-group-applied': {},
  'parameter-group-taken': { group: name },
  'node-scheduled': { cluster: name, node, time, endTime: time },
  'node-schedule-moved': { cluster: name, node, time, endTime: time, formerTime: time, formerEndTime: time },
  'node-schedule-canceled': { cluster: name, node, time, endTime: time },
}

const eventOf = (kind: EventKind): Arbitrary<EventFacts> =>
  fc.record({ kind: fc.constant(kind), ...FACTS[kind] }) as never // facts of its kind, above

const withoutAbsent = (event: object) => JSON.parse(JSON.stringify(event))

test.each(EVENT_KINDS)('what the text of %s says is read from it again', (kind) => {
  fc.assert(
    fc.property(eventOf(kind), (event) => {
      expect(readEvent(eventText(event))).toEqual(withoutAbsent(event))
    }),
  )
})

test('a text that is not known is an event all the same, and stays what it is', () => {
  fc.assert(
    fc.property(fc.string(), (message) => {
      expect(eventText(readEvent(message))).toBe(message)
    }),
  )
  expect(readEvent('Snapshot succeeded')).toEqual({ kind: 'other', message: 'Snapshot succeeded' })
})

test.each<[EventFacts, string]>([
  [
    { kind: 'replacement-scheduled', node: '0001', time: '2026-01-04T12:00:00.000Z' },
    'Replacement of cache node 0001 scheduled for 2026-01-04T12:00:00.000Z',
  ],
  [
    { kind: 'replacement-rescheduled', node: '0001', time: '2026-01-04T12:00:00.000Z', window: 'sun:05:00-sun:09:00' },
    'Replacement of cache node 0001 rescheduled to 2026-01-04T12:00:00.000Z in the maintenance window sun:05:00-sun:09:00',
  ],
  [
    {
      kind: 'ports-lost',
      lostPorts: [
        { subject: '0001', port: 11_300, code: 'EADDRINUSE' },
        { subject: 'endpoint', port: 11_211, code: 'EACCES' },
      ],
    },
    'Cannot listen: 0001 on port 11300 (EADDRINUSE), endpoint on port 11211 (EACCES)',
  ],
  [
    { kind: 'cache-not-created', cache: 'shop', creationCause: 'subnets' },
    'Failed to create cache shop. Invalid subnets provided in the request.',
  ],
])('%j says: %s', (event, text) => {
  expect(eventText(event)).toBe(text)
})

describe('a failure is told', () => {
  test.each([
    "Snapshot failed for snapshot with ID 'a' of cache cluster with ID 'shop'",
    'Insufficient capacity in us-west-2a',
    'Subnet subnet-1 of cache subnet group small no longer exists',
    'Cache nodes do not run: killed (5 times in a row)',
  ])('by: %s', (message) => {
    expect(tellsFailure(message)).toBe(true)
  })

  test.each([
    'Cache cluster created',
    'Applied changes of parameter group failover-tests',
    'Cache fail-safe is created and ready to use.',
    'Snapshot succeeded',
  ])('not by: %s', (message) => {
    expect(tellsFailure(message)).toBe(false)
  })
})

test('the form of a notification is that of its row in the guide', () => {
  const told = (event: EventFacts) => notificationOf(event, 'shop')?.message
  expect(told({ kind: 'cluster-created' })).toBe('ElastiCache:CacheClusterProvisioningComplete shop')
  expect(told({ kind: 'type-scaled', fromType: 'cache.t4g.small', toType: 'cache.t4g.medium' })).toBe(
    'CacheClusterScalingComplete : shop',
  )
  expect(told({ kind: 'security-groups-modified' })).toBe('ElastiCache:CacheClusterSecurityGroupModified : shop')
  expect(told({ kind: 'node-restarted', node: '0001' })).toBe('Cache node 0001 restarted')
})
