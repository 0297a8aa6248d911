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
