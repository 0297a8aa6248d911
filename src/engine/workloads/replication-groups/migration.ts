/** Online migration: a group takes the data of a server outside, and then its place (guide, "Online migration to ElastiCache"). */
import type { CustomerNodeEndpoint } from '@aws-sdk/client-elasticache'
import { isSince } from '../../../api/catalog/engines.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { familyOfEngine } from '../../families/families.ts'
import { missing } from '../../http/query-protocol.ts'
import type { GroupStep, OutsideServer, ReplicationGroupRecord } from '../../store/records.ts'
import { refuseMember } from '../global-datastores/rules.ts'
import { answerReplicationGroup } from './answer.ts'
import { commitCall } from './commit.ts'
import { findReplicationGroup, refuseUnlessAvailable } from './find.ts'
import { dataTieringOf } from './node-types.ts'

/** The group says available all through; what was found is told in an event. */
export const TestMigration: Handler<'TestMigration'> = (input, context) => {
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  const source = readSource(input.CustomerNodeEndpointList)
  refuseUnfit(group)
  return committed(group, { steps: [...group.steps, { do: 'test-source', source }] }, context)
}

export const StartMigration: Handler<'StartMigration'> = (input, context) => {
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  const source = readSource(input.CustomerNodeEndpointList)
  refuseUnfit(group)
  const steps: GroupStep[] = [
    { do: 'begin-migration', source },
    { do: 'join-source', failures: 0 },
  ]
  return committed(group, { status: 'modifying', steps: [...group.steps, ...steps] }, context)
}

export const CompleteMigration: Handler<'CompleteMigration'> = (input, context) => {
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  const { id, status, migration, steps } = group
  if (status !== 'migrating' || !migration || migration.over) {
    throw new Fault('ReplicationGroupNotUnderMigrationFault', `Replication group ${id} is not under migration.`)
  }
  // One request to complete it is enough: the later one counts.
  const others = steps.filter((step) => step.do !== 'join-source' && step.do !== 'complete-migration')
  const completing: GroupStep = { do: 'complete-migration', force: input.Force ?? false }
  return committed(group, { steps: [...others, completing] }, context)
}

/** Texts here and below are ours. */
function readSource(endpoints: readonly CustomerNodeEndpoint[] | undefined): OutsideServer {
  const [endpoint, ...others] = endpoints ?? []
  if (!endpoint) throw missing('CustomerNodeEndpointList')
  if (others.length > 0) {
    throw invalid('CustomerNodeEndpointList must have one element for a replication group with cluster mode disabled.')
  }
  const { Address: host, Port: port } = endpoint
  if (!host) throw missing('Address', host)
  if (port === undefined) throw missing('Port')
  if (!/^[\w.:-]+$/.test(host)) throw invalid(`${host} is not an address or the name of a host.`)
  if (port < 1 || port > 65_535) throw invalid(`Invalid value ${port} for Port. Must be between 1 and 65535`)
  return { host, port }
}

/** What the guide asks of the target, apart from its state. */
const DEMANDS: readonly (readonly [isMet: (group: ReplicationGroupRecord) => boolean, demand: string])[] = [
  [({ clusterMode }) => clusterMode === 'disabled', 'cluster mode disabled'],
  [
    ({ engine, engineVersion }) => isSince(engineVersion, familyOfEngine(engine).engine.migrationSince),
    'Redis OSS 5.0.6 or newer',
  ],
  [({ transit }) => transit === 'plain', 'no encryption in transit'],
  [({ atRest }) => !atRest, 'no encryption at rest'],
  [({ multiAz }) => multiAz, 'Multi-AZ enabled'],
  [(group) => dataTieringOf(group) === 'disabled', 'a node type without data tiering'],
]

function refuseUnfit(group: ReplicationGroupRecord): void {
  const { id, migration, steps } = group
  if (migration || steps.some((step) => step.do === 'begin-migration')) {
    throw new Fault('ReplicationGroupAlreadyUnderMigrationFault', `Replication group ${id} is already under migration.`)
  }
  refuseMember(group)
  refuseUnlessAvailable(group)
  const unmet = DEMANDS.find(([isMet]) => !isMet(group))
  if (unmet) throw invalid(`Online migration to replication group ${id} is not possible: it needs ${unmet[1]}.`)
}

const invalid = (message: string) => new Fault('InvalidParameterValue', message)

function committed(group: ReplicationGroupRecord, changes: Partial<ReplicationGroupRecord>, context: Context) {
  const after = { ...group, ...changes, stepDue: context.now }
  return { ReplicationGroup: answerReplicationGroup(commitCall(group, after, [], context), context.account) }
}
