/**
 * Events of ElastiCache: what each says of what happened, and the notification it is as well. A row a kind. One text serves both
 * ways: the engine stores a kind with its facts and renders it where it is told; the command line, which only hears messages,
 * of AWS as of the local engine, reads kind and facts from them.
 */

/** How a fact stands in a text. */
interface Form<T> {
  /** Source of a regular expression without groups that are numbered. */
  readonly pattern: string
  read(text: string): T
  write(value: T): string
}

const words = (pattern: string): Form<string> => ({ pattern, read: (text) => text, write: (value) => value })

const COUNT: Form<number> = { pattern: '\\d+', read: Number, write: String }

/** One of several texts, by its name. */
const oneOf = <K extends string>(texts: Readonly<Record<K, string>>): Form<K> => {
  const names = Object.keys(texts) as K[] // all there are: the record has been written out
  return {
    pattern: names.map((name) => escaped(texts[name])).join('|'),
    read: (text) => names.find((name) => texts[name] === text) as K, // it matches the pattern
    write: (name) => texts[name],
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const ANYTHING = words('[^]*')
const NAME = words('[\\w.-]+')
const VERSION = words('[\\d.]+')

/** A port on which something of a cluster could not listen: its node, or an endpoint by its name, and why. */
export interface LostPort {
  readonly subject: string
  readonly port: number
  /** System error code, `EADDRINUSE`. */
  readonly code: string
}

const LOST_PORT = /(?<subject>\S+) on port (?<port>\d+) \((?<code>[^()]*)\)/g
const LOST_PORTS: Form<readonly LostPort[]> = {
  pattern: '\\S+ on port \\d+ \\([^()]*\\)(?:, \\S+ on port \\d+ \\([^()]*\\))*',
  read: (text) =>
    [...text.matchAll(LOST_PORT)].map(({ groups = {} }) => {
      const { subject = '', port, code = '' } = groups
      return { subject, port: Number(port), code }
    }),
  write: (ports) => ports.map(({ subject, port, code }) => `${subject} on port ${port} (${code})`).join(', '),
}

/** Why a serverless cache does not come to be. The last is ours: the guide knows the others only. */
const CREATION_CAUSES = {
  addresses: 'Insufficient free IP addresses to create VPC endpoint.',
  subnets: 'Invalid subnets provided in the request.',
  endpoints: 'Quota limit reached for creating VPC endpoint.',
  permissions: 'You do not have permissions to create a VPC endpoint.',
  snapshot: 'The snapshot could not be restored.',
} as const
/** Why other security groups of a serverless cache, and other limits, come to nothing (guide). */
const UPDATE_CAUSES = {
  'security-groups': 'SecurityGroups update failed.',
  permissions: 'SecurityGroups update failed because of insufficient permissions.',
  'invalid-groups': 'SecurityGroups update failed because the SecurityGroups are invalid.',
} as const
const LIMIT_CAUSES = {
  configuration: 'due to invalid configuration.',
  deleted: 'because the cache was deleted.',
} as const

export type CreationCause = keyof typeof CREATION_CAUSES
type UpdateCause = keyof typeof UPDATE_CAUSES
type LimitCause = keyof typeof LIMIT_CAUSES

export const isUpdateCause = (name: string): name is UpdateCause => Object.hasOwn(UPDATE_CAUSES, name)
export const isLimitCause = (name: string): name is LimitCause => Object.hasOwn(LIMIT_CAUSES, name)

const FACTS = {
  node: words('\\d+'),
  /** Several, as AWS lists them. */
  nodes: words('\\d+(?:, ?\\d+)*'),
  zone: NAME,
  fromVersion: VERSION,
  toVersion: VERSION,
  installed: NAME,
  asked: VERSION,
  fromType: NAME,
  toType: NAME,
  fromNode: NAME,
  toNode: NAME,
  fromCount: COUNT,
  toCount: COUNT,
  count: COUNT,
  times: COUNT,
  group: words('[^]+?'),
  owner: words('\\d+'),
  subnetGroup: NAME,
  subnets: words('[\\w-]+(?:, [\\w-]+)*'),
  parameter: NAME,
  value: ANYTHING,
  why: ANYTHING,
  lostPorts: LOST_PORTS,
  /** `0001`, or `endpoint`. */
  subject: words('\\S+'),
  /** ISO 8601. */
  time: words('\\S+'),
  endTime: words('\\S+'),
  formerTime: words('\\S+'),
  formerEndTime: words('\\S+'),
  window: words('\\S+'),
  loss: oneOf({ deleted: 'deleted', replaced: 'replaced' }),
  cluster: NAME,
  cache: NAME,
  snapshot: NAME,
  datastore: NAME,
  role: oneOf({ PRIMARY: 'PRIMARY', SECONDARY: 'SECONDARY' }),
  creationCause: oneOf(CREATION_CAUSES),
  updateCause: oneOf(UPDATE_CAUSES),
  limitCause: oneOf(LIMIT_CAUSES),
} as const

type FactName = keyof typeof FACTS
type FactValue<N extends FactName> = ReturnType<(typeof FACTS)[N]['read']>

interface Row {
  /** `{node}` is a fact; what is in brackets is there when its facts are. */
  readonly text: string
  /** Its name without the prefix `ElastiCache:`, from the guide's "Event notifications and Amazon SNS". */
  readonly notification?: string
  /** What that says; the form differs from row to row there, and does here. @default USUAL_NOTIFICATION */
  readonly told?: string
  /** Something has gone wrong, which an operator should look at. */
  readonly failure?: true
}

const USUAL_NOTIFICATION = 'ElastiCache:{name} : {source}'
const AS_THE_EVENT = '{message}'

const ROWS = {
  // Without a colon, as the guide prints it.
  'cluster-created': {
    text: 'Cache cluster created',
    notification: 'CacheClusterProvisioningComplete',
    told: 'ElastiCache:{name} {source}',
  },
  'cluster-deleted': { text: 'Cache cluster deleted', notification: 'DeleteCacheClusterComplete' },
  'node-added': {
    text: 'Added cache node {node} in availability zone {zone}',
    notification: 'AddCacheNodeComplete',
  },
  'node-removed': {
    text: 'Removed cache node {node} from availability zone {zone}',
    notification: 'RemoveCacheNodeComplete',
  },
  // Both the beginning and the end of a reboot come under one name, and the text tells which.
  'node-shut-down': { text: 'Cache node {node} shutdown', notification: 'CacheNodesRebooted', told: AS_THE_EVENT },
  'node-restarted': { text: 'Cache node {node} restarted', notification: 'CacheNodesRebooted', told: AS_THE_EVENT },
  'number-increasing': { text: 'Increasing number of requested nodes' },
  'number-decreasing': { text: 'Decreasing number of requested nodes' },
  'number-modified': { text: 'Finished modifying number of nodes from {fromCount} to {toCount}' },
  'engine-upgrading': { text: 'Upgrading engine version from {fromVersion} to {toVersion}' },
  'type-scaling': { text: 'Scaling cache node type from {fromType} to {toType}' },
  // Without the prefix, as the guide prints it.
  'type-scaled': {
    text: 'Finished scaling cache node type from {fromType} to {toType}',
    notification: 'CacheClusterScalingComplete',
    told: '{name} : {source}',
  },
  'type-not-scaled': {
    text: 'Failed to scale cache node type from {fromType} to {toType}: no capacity in availability zone {zone}',
    notification: 'CacheClusterScalingFailed',
    failure: true,
  },
  'addition-without-addresses': {
    text: 'Failed to add cache nodes: insufficient free IP addresses in availability zone {zone} for cache subnet group {subnetGroup}',
    notification: 'AddCacheNodeFailed',
    failure: true,
  },
  'creation-without-addresses': {
    text: 'Failed to create cache nodes: insufficient free IP addresses in availability zone {zone} for cache subnet group {subnetGroup}',
    notification: 'AddCacheNodeFailed',
    failure: true,
  },
  // The API reference (TestFailover) has these texts for a node that is replaced.
  'recovery-begun': { text: 'Recovering cache nodes {nodes}', notification: 'CacheNodeReplaceStarted' },
  'recovery-done': { text: 'Finished recovery for cache nodes {nodes}', notification: 'CacheNodeReplaceComplete' },
  // The guide has the names of these three notifications, and its texts are those of AWS's scheduler (below): these are ours.
  'replacement-scheduled': {
    text: 'Replacement of cache node {node} scheduled for {time}[ in the maintenance window {window}]',
    notification: 'NodeReplacementScheduled',
  },
  'replacement-rescheduled': {
    text: 'Replacement of cache node {node} rescheduled to {time}[ in the maintenance window {window}]',
    notification: 'NodeReplacementRescheduled',
  },
  'replacement-canceled': {
    text: 'Replacement of cache node {node} canceled',
    notification: 'NodeReplacementCanceled',
  },
  'update-available': {
    text: 'Service update is available for cache node {node}.',
    notification: 'ServiceUpdateAvailableForNode',
    told: AS_THE_EVENT,
  },

  // The guide names the notifications of the next three, and no texts for DescribeEvents.
  'security-groups-modified': {
    text: 'Security groups of cache cluster modified',
    notification: 'CacheClusterSecurityGroupModified',
  },
  'parameters-applied': {
    text: 'Applied changes of parameter group {group}',
    notification: 'CacheClusterParametersChanged',
  },
  'subnets-gone': {
    text: 'Subnet {subnets} of cache subnet group {subnetGroup} no longer exists',
    notification: 'CacheClusterProvisioningFailed',
    failure: true,
  },

  // Replication groups and their members, in AWS's words.
  'no-persistence': {
    text: "This cluster does not support persistence (ex: 'appendonly').  Please use a different instance type to enable persistence.",
  },
  'replication-group-created': {
    text: 'Replication group {group} created',
    notification: 'CreateReplicationGroupComplete',
  },
  'failover-on': { text: 'Automatic failover has been turned on for replication group {group}' },
  'failover-off': { text: 'Automatic failover has been turned off for replication group {group}' },
  'failover-tested': { text: 'Test Failover API called for node group {node}' },
  'failed-over': {
    text: 'Failover from primary node {fromNode} to replica node {toNode} completed',
    notification: 'FailoverComplete',
  },
  'replicas-increasing': {
    text: 'Increase replica count started for replication group {group} on {time}',
    notification: 'ReplicationGroupIncreaseReplicaCountStarted',
  },
  'replicas-increased': {
    text: 'Increase replica count completed for replication group {group} on {time}',
    notification: 'ReplicationGroupIncreaseReplicaCountFinished',
  },
  // In words of our own: AWS's are not known.
  'replicas-decreasing': { text: 'Decrease replica count started for replication group {group} on {time}' },
  'replicas-decreased': { text: 'Decrease replica count completed for replication group {group} on {time}' },
  'shards-added': { text: 'Modified replication group {group} to add {count} new node groups - {nodes}' },
  'scaling-out': {
    text: 'Scaling out replication group {group} from {fromCount} node groups to {toCount} node groups',
  },
  // In words of our own: AWS's are not known.
  'scaling-in': { text: 'Scaling in replication group {group} from {fromCount} node groups to {toCount} node groups' },
  rebalancing: { text: 'Rebalancing slots of replication group {group}' },
  'shards-scaled': {
    text: 'Scaling of replication group {group} to {count} node groups completed',
    notification: 'ReplicationGroupScalingComplete',
  },
  'shards-not-scaled': {
    text: 'Scaling of replication group {group} to {count} node groups ended without change: their memory does not hold its data',
    notification: 'ReplicationGroupScalingFailed',
    failure: true,
  },
  'slots-do-not-fit': {
    text: '{count} slots of replication group {group} stay in node group {node}: the other one has no memory left',
  },
  'slots-too-large': {
    text: '{count} slots of replication group {group} stay in node group {node}: a value is too large to move',
  },
  'slots-kept': {
    text: 'Scaling of replication group {group} ended: {count} slots could not be moved',
    notification: 'ReplicationGroupScalingFailed',
    failure: true,
  },
  'snapshot-taken': {
    text: "Snapshot succeeded for snapshot with ID '{snapshot}' of cache cluster with ID '{cluster}'",
    notification: 'SnapshotComplete',
  },
  'group-snapshot-taken': {
    text: "Snapshot succeeded for snapshot with ID '{snapshot}' of replication group with ID '{group}'",
    notification: 'SnapshotComplete',
  },
  'snapshot-failed': {
    text: "Snapshot failed for snapshot with ID '{snapshot}' of cache cluster with ID '{cluster}'",
    notification: 'SnapshotFailed',
    failure: true,
  },
  'group-snapshot-failed': {
    text: "Snapshot failed for snapshot with ID '{snapshot}' of replication group with ID '{group}'",
    notification: 'SnapshotFailed',
    failure: true,
  },
  // In words of our own.
  'data-not-restored': { text: 'Failed to restore the data of the snapshot: {why}', failure: true },
  'cluster-mode-not-changed': {
    text: 'Cluster mode of replication group {group} is not changed: there are keys in other databases than 0',
    failure: true,
  },
  // Guide; the others are in words of our own.
  'migration-completed': { text: 'Complete Migration successful for {group}' },
  'migration-forced': {
    text: 'Complete Migration forced for {group} while it is not in sync with the source: data may be missing',
  },
  'migration-not-completed': { text: 'Complete Migration failed for {group}: {why}', failure: true },
  'migration-begun': { text: 'Start Migration successful for {group}: its data is that of the source' },
  'migration-not-begun': { text: 'Start Migration failed for {group}: {why}', failure: true },
  'migration-tested': { text: 'Test Migration successful for {group}' },
  'migration-test-failed': { text: 'Test Migration failed for {group}: {why}', failure: true },
  'global-joined': { text: 'Replication group {group} is {role} in global datastore {datastore}' },
  'global-left': { text: 'Replication group {group} has left global datastore {datastore}' },
  'replication-group-deleted': { text: 'Replication group {group} deleted' },

  // Words of our own, for what AWS has none for as far as is known.
  'reachable-again': { text: 'Cache cluster is reachable again' },
  'ports-lost': { text: 'Cannot listen: {lostPorts}', failure: true },
  'ports-back': { text: 'Listening again on the ports that another program had' },
  'nodes-not-running': { text: 'Cache nodes do not run: {why} ({times} times in a row)', failure: true },
  'nodes-not-created': { text: 'Failed to create cache nodes: {why} ({times} times in a row)', failure: true },
  'node-incompatible': { text: 'Cache node {subject} cannot start: {why}', failure: true },
  'node-list-restored': { text: 'Restored the list of nodes of cache node {node}, which a client had {loss}' },
  'other-program': { text: 'Cache nodes run the installed memcached {installed}, not {asked}' },

  // Groups. The guide says that they have events; but for parameters, AWS's words for them are not known.
  'parameter-group-created': { text: 'Cache parameter group created' },
  'parameter-group-deleted': { text: 'Cache parameter group deleted' },
  'parameter-updated': { text: 'Updated parameter {parameter} to {value}' },
  'parameter-reset': { text: 'Reset parameter {parameter}' },
  'parameters-reset': { text: 'Reset all parameters' },
  'subnet-group-created': { text: 'Cache subnet group created' },
  'subnet-group-modified': { text: 'Cache subnet group modified' },
  'subnet-group-deleted': { text: 'Cache subnet group deleted' },
  'security-group-created': { text: 'Cache security group created' },
  'security-group-deleted': { text: 'Cache security group deleted' },
  'security-group-authorizing': { text: 'Authorizing EC2 security group {group} of {owner}' },
  'security-group-revoking': { text: 'Revoking EC2 security group {group} of {owner}' },

  // Users and user groups are sources of events (API reference); AWS's words are not known.
  'user-created': { text: 'User created' },
  'user-modified': { text: 'User modified' },
  'user-deleted': { text: 'User deleted' },
  'user-group-created': { text: 'User group created' },
  'user-group-modified': { text: 'User group modified' },
  'user-group-deleted': { text: 'User group deleted' },

  // Guide, "Serverless cache events".
  'cache-created': { text: 'Cache {cache} is created and ready to use.' },
  'cache-deleted': { text: 'Cache {cache} was deleted.' },
  'cache-not-created': { text: 'Failed to create cache {cache}. {creationCause}', failure: true },
  'cache-tagged': { text: 'Tags updated for the cache {cache}.' },
  'cache-security-groups-updated': { text: 'SecurityGroups updated for the cache {cache}.' },
  'cache-security-groups-not-updated': { text: 'An update to the cache {cache} failed. {updateCause}', failure: true },
  'cache-limits-updated': { text: 'Limits updated for the cache {cache}.' },
  'cache-limits-not-updated': { text: 'A limit update to the cache {cache} failed {limitCause}', failure: true },
  // Words of our own.
  'cache-not-running': { text: 'Cache {cache} does not run: {why} ({times} times in a row).', failure: true },
  'cache-ended-in-creation': {
    text: 'Failed to create cache {cache}. The cache does not run: {why} ({times} times in a row).',
    failure: true,
  },

  // What AWS says besides (texts of the guide and of users), and the local engine does not.
  'nodes-removed': { text: 'Removed cache nodes {nodes}', notification: 'RemoveCacheNodeComplete' },
  'recovery-started': { text: 'Started recovery for cache nodes {nodes}', notification: 'CacheNodeReplaceStarted' },
  'type-modified': {
    text: 'Succeeded applying modification to cache node type to {toType}.',
    notification: 'CacheClusterScalingComplete',
    told: '{name} : {source}',
  },
  'type-not-modified': {
    text: 'Failed applying modification to cache node type to {toType}.',
    notification: 'CacheClusterScalingFailed',
    failure: true,
  },
  'security-group-applied': {
    text: 'Applied change to security group',
    notification: 'CacheClusterSecurityGroupModified',
  },
  'parameter-group-taken': {
    text: 'Updated to use a CacheParameterGroup {group}',
    notification: 'CacheClusterParametersChanged',
  },
  'node-scheduled': {
    text: 'The node with Cache Cluster ID: {cluster}, Node ID: {node} is scheduled for replacement during the maintenance window from Start Time: {time}, End Time: {endTime}',
    notification: 'NodeReplacementScheduled',
  },
  'node-schedule-moved': {
    text: 'The replacement in maintenance window for node with Cache Cluster ID: {cluster}, Node ID: {node} has re-scheduled from Previous Start Time: {formerTime}, Previous End Time: {formerEndTime} to New Start Time: {time}, New End Time: {endTime}',
    notification: 'NodeReplacementRescheduled',
  },
  'node-schedule-canceled': {
    text: 'The replacement for Cache Cluster ID: {cluster}, Node ID: {node} scheduled during the maintenance window from Start Time: {time}, End Time: {endTime} has been canceled',
    notification: 'NodeReplacementCanceled',
  },
} as const satisfies Readonly<Record<string, Row>>

type NamesIn<T extends string> = T extends `${string}{${infer N}}${infer Rest}` ? N | NamesIn<Rest> : never
type FactsIn<T extends string> = { readonly [N in NamesIn<T>]: N extends FactName ? FactValue<N> : never }
type FactsOf<T extends string> = T extends `${infer Head}[${infer Maybe}]${infer Tail}`
  ? FactsIn<`${Head}${Tail}`> & Partial<FactsIn<Maybe>>
  : FactsIn<T>

export type EventKind = keyof typeof ROWS

/** What has happened: its kind and the facts that its text has. */
export type EventFacts = {
  readonly [K in EventKind]: { readonly kind: K } & FactsOf<(typeof ROWS)[K]['text']>
}[EventKind]

/** An event whose text is none of those known. */
export interface OtherEvent {
  readonly kind: 'other'
  readonly message: string
}

export const EVENT_KINDS = Object.keys(ROWS) as readonly EventKind[] // all there are: the record has been written out

const FACT = /\{(\w+)\}/g

/** What DescribeEvents says of it. */
export function eventText(event: EventFacts | OtherEvent): string {
  if (event.kind === 'other') return event.message
  const facts = event as unknown as Readonly<Record<string, never>> // names in the text are those of the kind's facts
  const written = (text: string) =>
    text.replace(FACT, (_, name: string) => FACTS[name as FactName].write(facts[name] as never))
  const { text }: Row = ROWS[event.kind]
  const optional = (_: string, part: string) =>
    [...part.matchAll(FACT)].every(([, name = '']) => facts[name] !== undefined) ? part : ''
  return written(text.replace(/\[(.*)\]/, optional))
}

/** Kind and facts of a message, from AWS or from the local engine. */
export function readEvent(message: string): EventFacts | OtherEvent {
  for (const { kind, pattern } of patterns()) {
    const found = pattern.exec(message)
    if (!found) continue
    const facts = Object.entries(found.groups ?? {}).flatMap(
      ([name, text]) => (text === undefined ? [] : [[name, FACTS[name as FactName].read(text)]]), // its groups are called by the names of facts
    )
    return { kind, ...Object.fromEntries(facts) } as EventFacts // its groups are the facts of its kind
  }
  return { kind: 'other', message }
}

interface Pattern {
  readonly kind: EventKind
  readonly pattern: RegExp
}

let known: readonly Pattern[] | undefined

/** Made when the first message is read: most commands read none. */
function patterns(): readonly Pattern[] {
  known ??= EVENT_KINDS.map((kind) => ({ kind, pattern: patternOf(ROWS[kind].text) }))
  return known
}

function patternOf(text: string): RegExp {
  const source = text.split(/([[\]]|\{\w+\})/).map((part, index) => {
    if (index % 2 === 0) return escaped(part)
    if (part === '[') return '(?:'
    if (part === ']') return ')?'
    const name = part.slice(1, -1) as FactName // no event can be made of a text with another
    return `(?<${name}>${FACTS[name].pattern})`
  })
  return new RegExp(`^${source.join('')}$`)
}

/** AWS has more texts than are known; those of failures have one of these words. */
const SOUNDS_BAD = /fail|unable|insufficient|not enough|incompatible|could ?n[o']t|cannot/i

/** Whether a message of DescribeEvents tells that something has gone wrong. */
export function tellsFailure(message: string): boolean {
  const event = readEvent(message)
  if (event.kind === 'other') return SOUNDS_BAD.test(message)
  const row: Row = ROWS[event.kind]
  return row.failure === true
}

export interface Notification {
  /** `ElastiCache:AddCacheNodeComplete` */
  readonly name: string
  readonly message: string
}

/** The notification that an event of a cache cluster is; undefined for events that only DescribeEvents tells. */
export function notificationOf(event: EventFacts | OtherEvent, source: string): Notification | undefined {
  if (event.kind === 'other') return undefined
  const { notification, told = USUAL_NOTIFICATION }: Row = ROWS[event.kind]
  if (notification === undefined) return undefined
  const values: Readonly<Record<string, string>> = { name: notification, source, message: eventText(event) }
  return { name: `ElastiCache:${notification}`, message: told.replace(FACT, (_, name: string) => values[name] ?? '') }
}
