/** Options that hold something else than text: what can't be read is refused with the line. */
import { type Flag, value } from './flags.ts'
import { usageProblem } from './problem.ts'
import { countOf } from './seconds.ts'
import { spanOf } from './span.ts'

type Wording<D> = Parameters<typeof value<number, D & (number | undefined)>>[0]

/** A whole number from `least` (0) to `most`. */
export const count = <D extends number | undefined = undefined>({
  least = 0,
  most = Number.POSITIVE_INFINITY,
  ...wording
}: Wording<D> & { readonly least?: number; readonly most?: number }): Flag<number | D> =>
  value<number, D>(wording, (said, argument) => {
    const number = countOf(argument, said, least)
    if (number <= most) return number
    throw usageProblem(`argument ${argument}: at most ${most}`)
  })

/** How long: seconds, or with units as in nping: `200ms`, `1.5s`, `2m`, `1d12h`. In milliseconds. */
export const time = <D extends number | undefined = undefined>(wording: Wording<D>): Flag<number | D> =>
  value<number, D>({ ...wording, helpValue: '<duration>' }, (said, argument) => spanOf(argument, said))
