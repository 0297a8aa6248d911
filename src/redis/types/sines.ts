/**
 * Sine, cosine and arcsine as the C library has them, which rounds the true value: V8's own are off by a bit now and then, and differ
 * from version to version. Sorted sets keep distances with all their digits, and clients compare them.
 *
 * Numbers are sums of two doubles here, the second of which is what the first leaves over.
 */
type Pair = readonly [high: number, low: number]

// Halves of a double's mantissa, whose products are exact (Veltkamp).
const SPLIT = 2 ** 27 + 1
// Terms of the series: the last is below 2^-90 of an eighth of a circle.
const TERMS = 13
// pi/2 in three doubles.
const QUARTER: readonly [number, number, number] = [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33]

function sum(a: number, b: number): Pair {
  const high = a + b
  const part = high - a
  return [high, a - (high - part) + (b - part)]
}

function product(a: number, b: number): Pair {
  const high = a * b
  const [a1, b1] = [SPLIT * a, SPLIT * b]
  const [aHigh, bHigh] = [a1 - (a1 - a), b1 - (b1 - b)]
  const [aLow, bLow] = [a - aHigh, b - bHigh]
  return [high, aHigh * bHigh - high + aHigh * bLow + aLow * bHigh + aLow * bLow]
}

function add([a, aLow]: Pair, [b, bLow]: Pair): Pair {
  const [high, low] = sum(a, b)
  return sum(high, low + aLow + bLow)
}

function multiply([a, aLow]: Pair, [b, bLow]: Pair): Pair {
  const [high, low] = product(a, b)
  return sum(high, low + a * bLow + aLow * b)
}

function divide([a, aLow]: Pair, divisor: number): Pair {
  const high = a / divisor
  const [back, backLow] = product(high, divisor)
  return sum(high, (a - back - backLow + aLow) / divisor)
}

/** The series of sine (from 1) or cosine (from 0) of at most pi/4. */
function series(angle: Pair, from: 0 | 1): Pair {
  const square = multiply(angle, angle)
  let total: Pair = [1, 0]
  // Innermost first: 1 - x^2/(n(n-1)) * (1 - ...).
  for (let n = 2 * TERMS + from; n > from; n -= 2) {
    const [high, low] = divide(multiply(total, square), n * (n - 1))
    total = add([1, 0], [-high, -low])
  }
  return from === 1 ? multiply(total, angle) : total
}

/** Sine of an angle that is `turns` quarters of a circle further on. */
function sineOf(angle: number, turns: number): Pair {
  const quarters = Math.round(angle / QUARTER[0])
  let rest: Pair = [angle, 0]
  for (const part of QUARTER) {
    const [high, low] = product(part, quarters)
    rest = add(rest, [-high, -low])
  }
  const turned = (((quarters + turns) % 4) + 4) % 4
  const [high, low] = series(rest, turned % 2 === 0 ? 1 : 0)
  return turned < 2 ? [high, low] : [-high, -low]
}

/** Of an angle of a few circles at most, here as below. */
export const sine = (angle: number): number => sineOf(angle, 0)[0]

export const cosine = (angle: number): number => sineOf(angle, 1)[0]

/** Of 0 to 1. */
export function arcsine(value: number): number {
  const near = Math.asin(value)
  const slope = Math.sqrt(1 - value * value)
  if (slope === 0 || near === 0) return near
  // One step from V8's, whose error is in its last bit.
  const [high, low] = sineOf(near, 0)
  return near - (high - value + low) / slope
}
