/**
 * Offerings of reserved nodes (guide, "Reserved nodes"). Prices follow from one rate a gigabyte and hour and from discounts of
 * the usual size: they are there to be calculated with, they are not AWS's.
 */

import { createHash } from 'node:crypto'
import { ENGINE_NAMES, type EngineName } from '../../api/catalog/engines.ts'
import { nodeTypes } from '../../api/catalog/node-types.ts'

const HOURS_PER_YEAR = 8_760
const SECONDS_PER_YEAR = HOURS_PER_YEAR * 3600
const DOLLARS_PER_GIB_HOUR = 0.0245

const STANDARD_TYPES = ['No Upfront', 'Partial Upfront', 'All Upfront'] as const
/** Of before 2019; still what nodes of older families are offered with. */
const LEGACY_TYPES = ['Light Utilization', 'Medium Utilization', 'Heavy Utilization'] as const

export const OFFERING_TYPES = [...LEGACY_TYPES, ...STANDARD_TYPES]
export type OfferingType = (typeof OFFERING_TYPES)[number]

export interface Offering {
  readonly id: string
  /** The engine of the nodes it is for. */
  readonly product: EngineName
  readonly nodeType: string
  readonly years: 1 | 3
  /** Seconds. */
  readonly duration: number
  readonly type: OfferingType
  /** Dollars: once, for each hour a node runs, and for each hour of the term. */
  readonly fixedPrice: number
  readonly usagePrice: number
  readonly hourly: number
}

/** Shares of the on-demand price of the whole term: paid once, and hour by hour of the term or of running. */
interface Share {
  readonly upfront: number
  readonly hourly: number
  readonly perHourRunning: boolean
}

const share = (upfront: number, hourly: number, perHourRunning = false): Share => ({ upfront, hourly, perHourRunning })

const SHARES: Readonly<Record<OfferingType, Readonly<Record<1 | 3, Share>>>> = {
  'No Upfront': { 1: share(0, 0.68), 3: share(0, 0.52) },
  'Partial Upfront': { 1: share(0.33, 0.33), 3: share(0.245, 0.245) },
  'All Upfront': { 1: share(0.64, 0), 3: share(0.46, 0) },
  'Light Utilization': { 1: share(0.12, 0.58, true), 3: share(0.08, 0.49, true) },
  'Medium Utilization': { 1: share(0.26, 0.36, true), 3: share(0.19, 0.26, true) },
  'Heavy Utilization': { 1: share(0.34, 0.27), 3: share(0.24, 0.17) },
}

/** The offering of the guide's example, to be bought as printed. */
const GUIDE = {
  id: '649fd0c8-cf6d-47a0-bfa6-060f8e75e95f',
  nodeType: 'cache.m1.small',
  years: 1,
  type: 'Medium Utilization',
}

const TERMS = [1, 3] as const

/** Every offering, in the order of node types, engines, terms and kinds; made when first asked for. */
export function offerings(): readonly Offering[] {
  OFFERINGS ??= [...nodeTypes.values()].flatMap(({ name, legacyReservations, since }) => {
    const types = legacyReservations ? LEGACY_TYPES : STANDARD_TYPES
    const products = ENGINE_NAMES.filter((engine) => since?.[engine] !== null)
    return products.flatMap((product) =>
      TERMS.flatMap((years) => types.map((type) => offering(product, name, years, type))),
    )
  })
  return OFFERINGS
}

let OFFERINGS: readonly Offering[] | undefined

function offering(product: EngineName, nodeType: string, years: 1 | 3, type: OfferingType): Offering {
  const { upfront, hourly, perHourRunning } = SHARES[type][years]
  const onDemand = ((nodeTypes.get(nodeType)?.maxCacheMemory ?? 0) / 1024) * DOLLARS_PER_GIB_HOUR
  const perHour = round(onDemand * hourly, 4)
  return {
    id: idOf(product, nodeType, years, type),
    product,
    nodeType,
    years,
    duration: years * SECONDS_PER_YEAR,
    type,
    fixedPrice: round(onDemand * upfront * HOURS_PER_YEAR * years, 0),
    usagePrice: perHourRunning ? perHour : 0,
    hourly: perHourRunning ? 0 : perHour,
  }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/** The same on every machine and at all times, so that scripts may hold it. */
function idOf(product: EngineName, nodeType: string, years: number, type: OfferingType): string {
  // Its offerings had their ids before there were other engines.
  const isFirst = product === ENGINE_NAMES[0]
  if (isFirst && nodeType === GUIDE.nodeType && years === GUIDE.years && type === GUIDE.type) return GUIDE.id
  const name = `${isFirst ? '' : `${product}/`}${nodeType}/${years}/${type}`
  const digits = createHash('sha256').update(name).digest('hex')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
