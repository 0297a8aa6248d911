import type { Args } from '../protocol/args.ts'
import { type Refusal, refusal } from '../protocol/refusals.ts'

const NOT_POSITIVE = refusal('ERR value is out of range, must be positive')
/** A whole number that is not negative. @throws `otherwise` */
export function positive(args: Args, index: number, otherwise: Refusal = NOT_POSITIVE): number {
  const value = args.integer(index, otherwise)
  if (value < 0) throw otherwise
  return value
}

/** A whole number from 1 on. */
export function atLeastOne(args: Args, index: number, otherwise: Refusal): number {
  const value = args.integer(index, otherwise)
  if (value < 1) throw otherwise
  return value
}

/** An index of a range that may count from the end, within a collection of so many; negative: before the first. */
export const fromStart = (index: number, length: number): number => (index < 0 ? length + index : index)

const NO_OPPOSITE = refusal(
  'ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807',
)
const TOO_MANY_PAIRS = refusal('ERR value is out of range')
const LEAST = -(2n ** 63n)
const MOST_PAIRS = 2 ** 62

/** A whole number whose opposite has 64 bits as well: how many random members, of which some may be the same if it is negative. */
export function signedCount(args: Args, index: number): number {
  const count = args.integer(index)
  if (!Number.isSafeInteger(count) && args.integer64(index) === LEAST) throw NO_OPPOSITE
  return count
}

/** Refuses so many random members where each is two replies. */
export function refuseTooManyPairs(count: number): void {
  if (Math.abs(count) >= MOST_PAIRS) throw TOO_MANY_PAIRS
}
