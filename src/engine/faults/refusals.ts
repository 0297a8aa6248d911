/** Refusals of the API that faults bring about. */
import { type EventFacts, isLimitCause, isUpdateCause } from '../../api/catalog/events.ts'
import { Fault } from '../../api/faults.ts'
import type { Store } from '../store/store.ts'

interface Place {
  readonly store: Store
  readonly region: string
}

/** Whether new nodes of a type can't be had in a zone. */
const lacksCapacity = ({ store, region }: Place, zone: string, nodeType: string): boolean =>
  store
    .list('fault', region)
    .some(
      (fault) =>
        (fault.kind === 'zone-outage' && fault.zone === zone) ||
        (fault.kind === 'capacity' &&
          (fault.zone === undefined || fault.zone === zone) &&
          (fault.nodeType === undefined || fault.nodeType === nodeType)),
    )

/** The first of `zones` in which nodes of a type can't be had. */
export const zoneWithoutCapacity = (zones: readonly string[], nodeType: string, place: Place): string | undefined =>
  zones.find((zone) => lacksCapacity(place, zone, nodeType))

/** Free addresses by zone, none where there is no capacity: the engine chooses such a zone only when there is no other. */
export function withCapacity(
  free: ReadonlyMap<string, number>,
  nodeType: string,
  place: Place,
): ReadonlyMap<string, number> {
  if (place.store.list('fault', place.region).length === 0) return free
  const isBarred = (zone: string) =>
    lacksCapacity(place, zone, nodeType) || isExhausted(place.store, place.region, zone)
  return new Map([...free].map(([zone, count]) => [zone, isBarred(zone) ? 0 : count]))
}

/** AWS's text, with its two blanks; where no zone is left it is our own. */
export function refuseWithoutCapacity(
  zones: readonly string[],
  known: readonly string[],
  nodeType: string,
  place: Place,
): void {
  const lacking = zoneWithoutCapacity(zones, nodeType, place)
  if (!lacking) return
  const others = known.filter((zone) => !lacksCapacity(place, zone, nodeType))
  throw new Fault(
    'InsufficientCacheClusterCapacity',
    others.length > 0
      ? `${nodeType} (VPC) is not currently supported in the availability zone ${lacking}.  Retry the launch with no availability zone or target: ${others.join(', ')}.`
      : `${nodeType} (VPC) is not currently supported in any availability zone of ${place.region}.`,
  )
}

/** In what ways changes of serverless caches are to fail. */
const waysToFail = ({ store, region }: Place): string[] =>
  store.list('fault', region).flatMap((fault) => (fault.kind === 'serverless-update' ? [fault.how] : []))

/** The event of a change of a cache's security groups that is to fail; undefined: it succeeds. */
export function securityGroupsFailure(cache: string, place: Place): EventFacts | undefined {
  const updateCause = waysToFail(place).find(isUpdateCause)
  return updateCause && { kind: 'cache-security-groups-not-updated', cache, updateCause }
}

/** The event of a change of a cache's limits that is to fail; undefined: it succeeds. */
export function limitsFailure(cache: string, place: Place): EventFacts | undefined {
  const limitCause = waysToFail(place).find(isLimitCause)
  return limitCause && { kind: 'cache-limits-not-updated', cache, limitCause }
}

/** Whether a fault leaves the zone without free addresses. */
export const isExhausted = (store: Store, region: string, zone: string): boolean =>
  store
    .list('fault', region)
    .some(({ kind, zone: only }) => kind === 'address-exhaustion' && (only === undefined || only === zone))
