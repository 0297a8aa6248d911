import type { Args } from '../protocol/args.ts'
import { fixed } from '../protocol/printed.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { MOST_LATITUDE, MOST_LONGITUDE, type Position, type Size } from '../types/geohash.ts'

const NO_UNIT = refusal('ERR unsupported unit provided. please use M, KM, FT, MI')
const NO_RADIUS = refusal('ERR need numeric radius')
const NO_WIDTH = refusal('ERR need numeric width')
const NO_HEIGHT = refusal('ERR need numeric height')
const NEGATIVE_RADIUS = refusal('ERR radius cannot be negative')
const NEGATIVE_BOX = refusal('ERR height or width cannot be negative')
const COUNT = refusal('ERR COUNT must be > 0')
const ANY_OF_ALL = refusal('ERR the ANY argument requires COUNT argument')

/** Meters, by the units that distances are given and told in. */
const UNITS: Readonly<Record<string, number>> = { m: 1, km: 1000, ft: 0.3048, mi: 1609.34 }

/** Meters of the unit that a word names. @throws Refusal */
export function unitOf(args: Args, index: number): number {
  const name = args.text(index).toLowerCase()
  const meters = Object.hasOwn(UNITS, name) ? UNITS[name] : undefined
  if (meters === undefined) throw NO_UNIT
  return meters
}

/** C's `%f`. */
function sixDigits(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  return fixed(value, 6)
}

/** The place of two words. @throws Refusal */
export function positionAt(args: Args, index: number): Position {
  const longitude = args.float(index)
  const latitude = args.float(index + 1)
  if (Math.abs(longitude) > MOST_LONGITUDE || Math.abs(latitude) > MOST_LATITUDE) {
    throw refusal(`ERR invalid longitude,latitude pair ${sixDigits(longitude)},${sixDigits(latitude)}`)
  }
  return { longitude, latitude }
}

interface SizeInUnit {
  /** In meters. */
  readonly size: Size
  /** Meters of the unit it was given in. */
  readonly unit: number
}

function radiusAt(args: Args, index: number): SizeInUnit {
  const radius = args.float(index, NO_RADIUS)
  if (radius < 0) throw NEGATIVE_RADIUS
  const unit = unitOf(args, index + 1)
  return { size: { radius: radius * unit }, unit }
}

function boxAt(args: Args, index: number): SizeInUnit {
  const [width, height] = [args.float(index, NO_WIDTH), args.float(index + 1, NO_HEIGHT)]
  if (width < 0 || height < 0) throw NEGATIVE_BOX
  const unit = unitOf(args, index + 2)
  return { size: { width: width * unit, height: height * unit }, unit }
}

/** What tells the commands apart that search. */
export interface Variant {
  /** What is searched around is two words behind the key or one, with a radius; or options say it. */
  readonly around: 'place' | 'member' | 'options'
  /** Whether the result goes to a key: named by an option, always word 1 with the source behind it, or never. */
  readonly stores: 'option' | 'always' | 'never'
}

/** What a command asks for. */
export interface Search {
  readonly center: Position | undefined
  readonly size: Size | undefined
  /** Meters of the unit in which distances are told. */
  readonly unit: number
  readonly withDistance: boolean
  readonly withHash: boolean
  readonly withPlace: boolean
  /** 0: all. */
  readonly count: number
  /** Whether those that are found first will do. */
  readonly any: boolean
  readonly order: 'ASC' | 'DESC' | undefined
  /** The word with the key for the result; 0: it is replied. */
  readonly target: number
  /** Whether distances are stored, rather than places. */
  readonly storesDistance: boolean
}

const ALL = {
  unit: 1,
  withDistance: false,
  withHash: false,
  withPlace: false,
  count: 0,
  any: false,
  order: undefined,
  target: 0,
  storesDistance: false,
} as const

type Draft = { -readonly [key in keyof Search]: Search[key] }

/**
 * Reads the words of a command that searches.
 * @param placeOf The place of the member that a word names, which throws if it has none. Absent: there is no sorted set. Then nothing
 * will be found, and neither center nor size is told.
 * @throws Refusal
 */
export function searchOf(args: Args, variant: Variant, placeOf?: (index: number) => Position): Search {
  const { around, stores } = variant
  const search: Draft = { ...ALL, center: undefined, size: undefined }
  let next = 2
  if (around === 'place') {
    Object.assign(search, { center: positionAt(args, 2) }, radiusAt(args, 4))
    next = 6
  } else if (around === 'member') {
    if (placeOf) Object.assign(search, { center: placeOf(2) }, radiusAt(args, 3))
    next = 5
  } else if (stores === 'always') {
    search.target = 1
    next = 3
  }
  let [byMember, byPlace] = [false, false]
  const follow = (index: number, words: number): boolean => index + words < args.count
  for (let i = next; i < args.count; i++) {
    if (args.is(i, 'WITHDIST')) search.withDistance = true
    else if (args.is(i, 'WITHHASH')) search.withHash = true
    else if (args.is(i, 'WITHCOORD')) search.withPlace = true
    else if (args.is(i, 'ANY')) search.any = true
    else if (args.is(i, 'ASC')) search.order = 'ASC'
    else if (args.is(i, 'DESC')) search.order = 'DESC'
    else if (args.is(i, 'COUNT') && follow(i, 1)) {
      search.count = args.integer(++i)
      if (search.count <= 0) throw COUNT
    } else if (stores === 'option' && (args.is(i, 'STORE') || args.is(i, 'STOREDIST')) && follow(i, 1)) {
      search.storesDistance = args.is(i, 'STOREDIST')
      search.target = ++i
    } else if (stores === 'always' && args.is(i, 'STOREDIST')) search.storesDistance = true
    else if (around !== 'options') throw SYNTAX
    else if (args.is(i, 'FROMMEMBER') && follow(i, 1) && !byPlace) {
      byMember = true
      i++
      search.center = placeOf?.(i)
    } else if (args.is(i, 'FROMLONLAT') && follow(i, 2) && !byMember) {
      byPlace = true
      search.center = positionAt(args, i + 1)
      i += 2
    } else if (args.is(i, 'BYRADIUS') && follow(i, 2) && !isBox(search.size)) {
      Object.assign(search, radiusAt(args, i + 1))
      i += 2
    } else if (args.is(i, 'BYBOX') && follow(i, 3) && !isCircle(search.size)) {
      Object.assign(search, boxAt(args, i + 1))
      i += 3
    } else throw SYNTAX
  }
  if (search.target !== 0 && (search.withDistance || search.withHash || search.withPlace)) {
    const named = stores === 'always' ? 'GEOSEARCHSTORE' : 'STORE option in GEORADIUS'
    throw refusal(`ERR ${named} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`)
  }
  if (around === 'options' && !byMember && !byPlace) {
    throw refusal(`ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${args.text(0)}`)
  }
  if (around === 'options' && search.size === undefined) {
    throw refusal(`ERR exactly one of BYRADIUS and BYBOX can be specified for ${args.text(0)}`)
  }
  if (search.any && search.count === 0) throw ANY_OF_ALL
  // The nearest are meant, unless any will do.
  if (search.count !== 0 && !search.any) search.order ??= 'ASC'
  return search
}

const isCircle = (size: Size | undefined): boolean => size !== undefined && 'radius' in size
const isBox = (size: Size | undefined): boolean => size !== undefined && 'width' in size
