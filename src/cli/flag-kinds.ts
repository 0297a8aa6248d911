/** Options that hold something else than text: what can't be read is refused with the line. */
import { type Flag, value } from './flags.ts'
import { countOf, millisecondsOf } from './seconds.ts'
import { spanOf } from './span.ts'

type Wording<D> = Parameters<typeof value<number, D & (number | undefined)>>[0]

/** A whole number of at least `least` (0). */
export const count = <D extends number | undefined = undefined>({
  least = 0,
  ...wording
}: Wording<D> & { readonly least?: number }): Flag<number | D> =>
  value<number, D>(wording, (said, argument) => countOf(argument.slice(2), said, least))

/** Seconds, or with a unit as in nping: `200ms`, `1.5s`, `2m`. In milliseconds. */
export const time = <D extends number | undefined = undefined>(wording: Wording<D>): Flag<number | D> =>
  value<number, D>(wording, (said, argument) => millisecondsOf(argument.slice(2), said))

/** A length of the engine's time, `7d` or `1d12h`. In milliseconds. */
export const span = <D extends number | undefined = undefined>(wording: Wording<D>): Flag<number | D> =>
  value<number, D>(wording, (said, argument) => spanOf(argument, said))
