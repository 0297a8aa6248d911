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

const OUT_OF_RANGE = refusal('ERR value is out of range')
const MOST_RANDOM = 2 ** 62

/** How many random members are asked for; negative: so many, of which some may be the same. @throws Refusal */
export function randomCount(args: Args, index: number, mayBe = MOST_RANDOM): number {
  const count = args.integer(index)
  if (Math.abs(count) > mayBe) throw OUT_OF_RANGE
  return count
}
