import { arcsine, cosine, sine } from './sines.ts'

/** Places on the globe as the scores of sorted sets: 26 bits of longitude and of latitude, every second bit from either. */

/** Degrees. */
export interface Position {
  readonly longitude: number
  readonly latitude: number
}

export const MOST_LONGITUDE = 180
/** Further to the poles there is nothing: the map is square (EPSG:3857). */
export const MOST_LATITUDE = 85.05112878

const STEPS = 26
const HALF_STEPS = 13
const HALF = 2 ** HALF_STEPS
const EXACT = 2 ** 52
const EARTH_RADIUS = 6372797.560856
const DEGREE = Math.PI / 180
// Half of the equator on the map, in meters.
const MAP_EDGE = 20037726.37
const LETTERS = '0123456789bcdefghjkmnpqrstuvwxyz'
const HASH_LETTERS = 10
const LETTER_BITS = 5

/** A square of the map that is halved so many times in both directions. */
interface Cell {
  readonly x: number
  readonly y: number
  readonly steps: number
}

/** The bits of two numbers of 14 bits, `y` in the even places. */
function interleave(x: number, y: number): number {
  let bits = 0
  for (let bit = 0; bit <= HALF_STEPS; bit++) {
    bits |= (((y >>> bit) & 1) << (2 * bit)) | (((x >>> bit) & 1) << (2 * bit + 1))
  }
  return bits >>> 0
}

/** The score of the corner of a cell, of the one behind it in order with `behind` 1. Rounded as one number of 64 bits is. */
function cornerOf({ x, y, steps }: Cell, behind: 0 | 1): number {
  const high = interleave(Math.floor(x / HALF), Math.floor(y / HALF))
  const low = interleave(x % HALF, y % HALF) + behind
  return (high * HALF * HALF + low) * 4 ** (STEPS - steps)
}

const cellOf = ({ longitude, latitude }: Position, steps: number, mostLatitude: number): Cell => ({
  x: Math.floor(((longitude + MOST_LONGITUDE) / (2 * MOST_LONGITUDE)) * 2 ** steps),
  y: Math.floor(((latitude + mostLatitude) / (2 * mostLatitude)) * 2 ** steps),
  steps,
})

export const scoreOfPosition = (position: Position): number => cornerOf(cellOf(position, STEPS, MOST_LATITUDE), 0)

/** Longitude, or latitude, of the edges of a cell. */
function edges(index: number, steps: number, most: number): readonly [number, number] {
  const parts = 2 ** steps
  // Numbers of 32 bits, of which there is none behind the last.
  const next = (index + 1) >>> 0
  return [-most + (index / parts) * (2 * most), -most + (next / parts) * (2 * most)]
}

function middle(index: number, most: number): number {
  const [low, high] = edges(index, STEPS, most)
  return Math.max(-most, Math.min(most, (low + high) / 2))
}

/** Every second bit. */
function everySecond(bits: number): number {
  let found = 0
  for (let bit = 0; bit < HALF_STEPS; bit++) found |= ((bits >>> (2 * bit)) & 1) << bit
  return found
}

/** Where a score is: any score of any sorted set, as the server reads its 64 bits. */
export function positionOfScore(score: number): Position {
  let [x, y] = [0, 0]
  if (score >= 0 && score < EXACT) {
    const [high, low] = [Math.floor(score / (HALF * HALF)), score % (HALF * HALF)]
    x = everySecond(high >>> 1) * HALF + everySecond(low >>> 1)
    y = everySecond(high) * HALF + everySecond(low)
  } else {
    const bits = bitsOfScore(score)
    for (let bit = 31n; bit >= 0n; bit--) {
      x = 2 * x + Number((bits >> (2n * bit + 1n)) & 1n)
      y = 2 * y + Number((bits >> (2n * bit)) & 1n)
    }
  }
  return { longitude: middle(x, MOST_LONGITUDE), latitude: middle(y, MOST_LATITUDE) }
}

const OUT_OF_RANGE = 2n ** 63n

/** As x86 makes an unsigned number of 64 bits of a double. */
function bitsOfScore(score: number): bigint {
  if (score >= 2 ** 64) return 0n
  if (score < -(2 ** 63)) return OUT_OF_RANGE
  return BigInt.asUintN(64, BigInt(Math.trunc(score)))
}

/** A score as a whole number with a sign. */
export function wholeScore(score: number): bigint {
  return Math.abs(score) < 2 ** 63 ? BigInt(Math.trunc(score)) : -OUT_OF_RANGE
}

/** The eleven letters that other programs know a place by; the last is always 0. */
export function geohashOf(position: Position): string {
  const { x, y } = cellOf(position, STEPS, 90)
  let letters = ''
  for (let letter = 0; letter < HASH_LETTERS; letter++) {
    let index = 0
    for (let bit = 0; bit < LETTER_BITS; bit++) {
      const place = letter * LETTER_BITS + bit
      const from = place % 2 === 0 ? x : y
      index = 2 * index + (Math.floor(from / 2 ** (STEPS - 1 - (place >>> 1))) % 2)
    }
    letters += LETTERS[index]
  }
  return `${letters}0`
}

const northward = (from: number, to: number): number => EARTH_RADIUS * Math.abs(to * DEGREE - from * DEGREE)

/** Meters along a great circle, to the last bit as the server counts them. */
export function distance(from: Position, to: Position): number {
  const across = sine((to.longitude * DEGREE - from.longitude * DEGREE) / 2)
  if (across === 0) return northward(from.latitude, to.latitude)
  const [fromLatitude, toLatitude] = [from.latitude * DEGREE, to.latitude * DEGREE]
  const along = sine((toLatitude - fromLatitude) / 2)
  const square = along * along + cosine(fromLatitude) * cosine(toLatitude) * across * across
  return 2 * EARTH_RADIUS * arcsine(Math.sqrt(square))
}

/** Of a circle or a box, in meters. */
export type Size = { readonly radius: number } | { readonly width: number; readonly height: number }

/** What is searched. */
export interface Shape {
  readonly center: Position
  readonly size: Size
}

// The quick distance may be off by so much.
const NEARLY = 1 + 1e-9

/** The same in a fifth of the time, nearly. */
function nearDistance(from: Position, to: Position): number {
  const across = Math.sin((to.longitude - from.longitude) * (DEGREE / 2))
  const along = Math.sin((to.latitude - from.latitude) * (DEGREE / 2))
  const square = along * along + Math.cos(from.latitude * DEGREE) * Math.cos(to.latitude * DEGREE) * across * across
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(square)))
}

/** How far a place is from the middle of a shape; undefined: it is not within. */
export function distanceWithin({ center, size }: Shape, place: Position): number | undefined {
  if ('radius' in size) {
    if (nearDistance(center, place) > size.radius * NEARLY + 1) return undefined
    const meters = distance(center, place)
    return meters > size.radius ? undefined : meters
  }
  if (northward(place.latitude, center.latitude) > size.height / 2) return undefined
  if (distance(place, { ...center, latitude: place.latitude }) > size.width / 2) return undefined
  return distance(center, place)
}

/** How often the map is halved so that the shape fits into nine cells, or nearly. */
function stepsFor(meters: number, latitude: number): number {
  if (meters === 0) return STEPS
  let steps = 1
  for (let range = meters; range < MAP_EDGE; range *= 2) steps++
  steps -= 2
  // Cells are narrower towards the poles.
  if (Math.abs(latitude) > 66) steps--
  if (Math.abs(latitude) > 80) steps--
  return Math.min(STEPS, Math.max(1, steps))
}

/** West, south, east, north. */
type Bounds = readonly [number, number, number, number]

function boundsOf({ center: { longitude, latitude }, size }: Shape): Bounds {
  const [width, height] = 'radius' in size ? [size.radius, size.radius] : [size.width / 2, size.height / 2]
  const up = height / EARTH_RADIUS / DEGREE
  // The edge that is further from the equator.
  const edge = latitude < 0 ? latitude - up : latitude + up
  const aside = width / EARTH_RADIUS / Math.cos(edge * DEGREE) / DEGREE
  return [longitude - aside, latitude - up, longitude + aside, latitude + up]
}

// The cell itself, and those around it, in the order in which they are searched.
const AROUND = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
] as const

/** Beyond the edge of the map is its other edge. */
function beside({ x, y, steps }: Cell, right: number, up: number): Cell {
  const parts = 2 ** steps
  const moved = (index: number, by: number) => (by === 0 ? index : (index + by + parts) % parts)
  return { x: moved(x, right), y: moved(y, up), steps }
}

const area = ({ x, y, steps }: Cell): Bounds => {
  const [west, east] = edges(x, steps, MOST_LONGITUDE)
  const [south, north] = edges(y, steps, MOST_LATITUDE)
  return [west, south, east, north]
}

/** Scores from the first up to the second, which is not among them. */
export type Scores = readonly [from: number, before: number]

/** The scores among which the members within a shape are, in the order of the server. */
export function scoresAround(shape: Shape): readonly Scores[] {
  const { center, size } = shape
  const meters = 'radius' in size ? size.radius : Math.sqrt((size.width / 2) ** 2 + (size.height / 2) ** 2)
  const [west, south, east, north] = boundsOf(shape)
  let steps = stepsFor(meters, center.latitude)
  let cell = cellOf(center, steps, MOST_LATITUDE)
  const isTooSmall =
    area(beside(cell, 0, 1))[3] < north ||
    area(beside(cell, 0, -1))[1] > south ||
    area(beside(cell, 1, 0))[2] < east ||
    area(beside(cell, -1, 0))[0] > west
  if (steps > 1 && isTooSmall) cell = cellOf(center, --steps, MOST_LATITUDE)
  const [ownWest, ownSouth, ownEast, ownNorth] = area(cell)
  const isNeeded = (right: number, up: number): boolean =>
    steps < 2 ||
    !(
      (up < 0 && ownSouth < south) ||
      (up > 0 && ownNorth > north) ||
      (right < 0 && ownWest < west) ||
      (right > 0 && ownEast > east)
    )
  const found: Scores[] = []
  let previous: Cell | undefined
  for (const [right, up] of AROUND) {
    if (!isNeeded(right, up)) continue
    const next = beside(cell, right, up)
    // With few halvings, neighbours on both sides are the same.
    if (previous !== undefined && previous.x === next.x && previous.y === next.y) continue
    found.push([cornerOf(next, 0), cornerOf(next, 1)])
    if (right !== 0 || up !== 0) previous = next
  }
  return found
}
