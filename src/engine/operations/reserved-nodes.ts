import type { ReservedCacheNode, ReservedCacheNodesOffering } from '@aws-sdk/client-elasticache'
import { LIMITS } from '../../api/catalog/limits.ts'
import { nodeTypes } from '../../api/catalog/node-types.ts'
import { resources } from '../../api/catalog/resources.ts'
import { Fault } from '../../api/faults.ts'
import { arn } from '../../api/names.ts'
import type { Context, Handler } from '../calls/context.ts'
import { readIdentifier } from '../calls/identifiers.ts'
import { page } from '../calls/paging.ts'
import { mergeTags, readTags } from '../calls/tag-rules.ts'
import { OFFERING_TYPES, type Offering, offerings } from '../catalog/reserved-nodes.ts'
import { missing } from '../http/query-protocol.ts'
import { paymentDelay } from '../lifecycle/pace.ts'
import { quota } from '../store/quotas.ts'
import type { ReservedNodeRecord } from '../store/records.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)

export const DescribeReservedCacheNodesOfferings: Handler<'DescribeReservedCacheNodesOfferings'> = (input) => {
  const isWanted = readFilter(input)
  const id = input.ReservedCacheNodesOfferingId
  if (id) findOffering(id)
  const wanted = offerings().filter((offering) => (!id || offering.id === id) && isWanted(offering))
  const positions = new Map(wanted.map((offering, at) => [offering, String(at).padStart(6, '0')]))
  const { items, Marker } = page(
    'ReservedCacheNodesOfferings',
    wanted,
    (offering) => positions.get(offering) ?? '',
    input,
  )
  return { ...(Marker && { Marker }), ReservedCacheNodesOfferings: items.map(answerOffering) }
}

/** A purchase can't be undone, on AWS; here it costs nothing. */
export const PurchaseReservedCacheNodesOffering: Handler<'PurchaseReservedCacheNodesOffering'> = (input, context) => {
  const { store, region, now } = context
  const offering = findOffering(input.ReservedCacheNodesOfferingId)
  const count = input.CacheNodeCount ?? 1
  if (count < 1) throw invalid(`Invalid value ${count} for CacheNodeCount. Must be at least 1`)
  const id = readReservationId(input.ReservedCacheNodeId, now)
  if (store.get('reservedNode', region, id)) {
    throw new Fault('ReservedCacheNodeAlreadyExists', `Reserved cache node ${id} already exists.`)
  }
  const present = store
    .list('reservedNode', region)
    .filter((reserved) => stateOf(reserved, now) !== 'retired')
    .reduce((sum, { nodes }) => sum + nodes, 0)
  const limit = quota('reserved-nodes-per-region', context)
  if (present + count > limit) {
    throw new Fault(
      'ReservedCacheNodeQuotaExceeded',
      `Reserved cache node quota exceeded. You can have at most ${limit} reserved cache nodes in this region.`,
    )
  }
  const reserved: ReservedNodeRecord = {
    region,
    id,
    offering: offering.id,
    nodes: count,
    startedAt: now,
    activeAt: now + paymentDelay(context.pace),
    tags: mergeTags([], readTags(input.Tags)),
  }
  store.change((change) => change.put('reservedNode', reserved))
  // Payment is pending at first, however short that is (guide, "Purchasing a reserved node").
  return { ReservedCacheNode: { ...answerReservedNode(reserved, context), State: 'payment-pending' } }
}

export const DescribeReservedCacheNodes: Handler<'DescribeReservedCacheNodes'> = (input, context) => {
  const isWanted = readFilter(input)
  const { ReservedCacheNodeId: name, ReservedCacheNodesOfferingId: offeringId } = input
  const all = name ? [findReservedNode(name, context)] : context.store.list('reservedNode', context.region)
  const wanted = all.filter(
    (reserved) => (!offeringId || reserved.offering === offeringId) && isWanted(findOffering(reserved.offering)),
  )
  const { items, Marker } = page('ReservedCacheNodes', wanted, ({ id }) => id, input)
  return {
    ...(Marker && { Marker }),
    ReservedCacheNodes: items.map((reserved) => answerReservedNode(reserved, context)),
  }
}

export function findReservedNode(name: string, { store, region }: Context): ReservedNodeRecord {
  const reserved = store.get('reservedNode', region, name.toLowerCase())
  if (!reserved) throw new Fault('ReservedCacheNodeNotFound', `Reserved cache node not found: ${name}`)
  return reserved
}

function findOffering(id: string | undefined): Offering {
  if (!id) throw missing('ReservedCacheNodesOfferingId', id)
  const offering = offerings().find((each) => each.id === id)
  if (!offering) {
    throw new Fault('ReservedCacheNodesOfferingNotFound', `Reserved cache nodes offering not found: ${id}`)
  }
  return offering
}

/**
 * What both lists can be narrowed to. Terms may be given in years or seconds (API reference); an empty text narrows nothing
 * (the model's own example gives all of them, most of them empty).
 */
function readFilter(input: {
  readonly CacheNodeType?: string | undefined
  readonly Duration?: string | undefined
  readonly ProductDescription?: string | undefined
  readonly OfferingType?: string | undefined
}): (offering: Offering) => boolean {
  const { CacheNodeType, Duration, ProductDescription, OfferingType } = input
  if (CacheNodeType && !nodeTypes.has(CacheNodeType)) {
    throw invalid(`Invalid cache node type: ${CacheNodeType}.`)
  }
  if (Duration && !['1', '3', '31536000', '94608000'].includes(Duration)) {
    throw invalid(`Invalid duration ${Duration}. Must be 1, 3, 31536000 or 94608000.`)
  }
  if (OfferingType && !OFFERING_TYPES.some((type) => type === OfferingType)) {
    throw invalid(`Invalid offering type ${OfferingType}. Must be one of ${OFFERING_TYPES.join(', ')}.`)
  }
  return ({ product, nodeType, years, duration, type }) =>
    (!CacheNodeType || nodeType === CacheNodeType) &&
    (!Duration || [String(years), String(duration)].includes(Duration)) &&
    (!ProductDescription || product === ProductDescription.toLowerCase()) &&
    (!OfferingType || type === OfferingType)
}

/** Without an id, AWS makes one of the moment. */
function readReservationId(id: string | undefined, now: number): string {
  if (id === undefined) return `ri-${new Date(now).toISOString().replace(/[T:.]/g, '-').slice(0, -1)}`
  return readIdentifier(id, 'ReservedCacheNodeId', LIMITS.reservationIdLength)
}

/** Of the time alone: `payment-pending`, then `active` for the term, then `retired`. */
function stateOf({ offering, startedAt, activeAt }: ReservedNodeRecord, now: number): string {
  if (now < activeAt) return 'payment-pending'
  return now < startedAt + findOffering(offering).duration * 1000 ? 'active' : 'retired'
}

const answerPrices = ({ product, nodeType, duration, fixedPrice, usagePrice, type, hourly }: Offering) => ({
  CacheNodeType: nodeType,
  Duration: duration,
  FixedPrice: fixedPrice,
  UsagePrice: usagePrice,
  ProductDescription: product,
  OfferingType: type,
  RecurringCharges: [{ RecurringChargeAmount: hourly, RecurringChargeFrequency: 'Hourly' }],
})

const answerOffering = (offering: Offering): ReservedCacheNodesOffering => ({
  ReservedCacheNodesOfferingId: offering.id,
  ...answerPrices(offering),
})

const answerReservedNode = (reserved: ReservedNodeRecord, { now, account }: Context): ReservedCacheNode => ({
  ReservedCacheNodeId: reserved.id,
  ReservedCacheNodesOfferingId: reserved.offering,
  ...answerPrices(findOffering(reserved.offering)),
  StartTime: new Date(reserved.startedAt),
  CacheNodeCount: reserved.nodes,
  State: stateOf(reserved, now),
  ReservationARN: arn({ region: reserved.region, account, type: resources.reservedNode.arnType, name: reserved.id }),
})
