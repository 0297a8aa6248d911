/**
 * Which events are also notifications, and what those say: the table "Event notifications and Amazon SNS" of the guide, for
 * Memcached. The form differs from row to row there, and does here.
 */

type Wording = (source: string) => string

const usual =
  (name: string): Wording =>
  (source) =>
    `ElastiCache:${name} : ${source}`

interface Row {
  readonly event: RegExp
  readonly name: string
  readonly message: Wording | 'event'
}

const row = (event: RegExp, name: string, message: Row['message'] = usual(name)): Row => ({ event, name, message })

const ROWS: readonly Row[] = [
  // Without a colon, as printed.
  row(/^Cache cluster created$/, 'CacheClusterProvisioningComplete', (source) => {
    return `ElastiCache:CacheClusterProvisioningComplete ${source}`
  }),
  row(/^Added cache node \d+ /, 'AddCacheNodeComplete'),
  row(/free (IP )?address|AddCacheNodeFailed/i, 'AddCacheNodeFailed'),
  row(/^Removed cache node \d+ /, 'RemoveCacheNodeComplete'),
  row(/^Cache cluster deleted$/, 'DeleteCacheClusterComplete'),
  // Both the beginning and the end of a reboot come under one name, and the text tells which.
  row(/^Cache node \d+ (shutdown|restarted)$/, 'CacheNodesRebooted', 'event'),
  row(/^Recovering cache nodes /, 'CacheNodeReplaceStarted'),
  row(/^Finished recovery for cache nodes /, 'CacheNodeReplaceComplete'),
  row(/^Replacement of cache node \d+ scheduled for /, 'NodeReplacementScheduled'),
  row(/^Replacement of cache node \d+ rescheduled to /, 'NodeReplacementRescheduled'),
  row(/^Replacement of cache node \d+ canceled$/, 'NodeReplacementCanceled'),
  row(/^Service update is available for cache node /, 'ServiceUpdateAvailableForNode', 'event'),
  // Without the prefix, as printed.
  row(/^Finished scaling cache node type /, 'CacheClusterScalingComplete', (source) => {
    return `CacheClusterScalingComplete : ${source}`
  }),
  row(/^Failed to scale cache node type /, 'CacheClusterScalingFailed'),
  row(/parameter group/i, 'CacheClusterParametersChanged'),
  row(/security group/i, 'CacheClusterSecurityGroupModified'),
  row(/^Subnet .* no longer exists$/, 'CacheClusterProvisioningFailed'),
]

export interface Notification {
  /** `ElastiCache:AddCacheNodeComplete` */
  readonly name: string
  readonly message: string
}

/** The notification that an event of a cache cluster is; undefined for events that only DescribeEvents tells. */
export function notificationOf(event: { message: string; sourceIdentifier: string }): Notification | undefined {
  const found = ROWS.find((each) => each.event.test(event.message))
  if (!found) return undefined
  const message = found.message === 'event' ? event.message : found.message(event.sourceIdentifier)
  return { name: `ElastiCache:${found.name}`, message }
}
