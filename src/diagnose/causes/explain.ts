/** The fewest causes that account for everything seen. Pure. */
import type { Explained } from './cause.ts'
import { type Cover, type CoveringCause, cheapestCover } from './cover.ts'
import { keyOf, leakOf, type Sign } from './sign.ts'

/** What may be at work, with all that decides whether it is believed. */
export interface Suspected {
  /** Of its cause. */
  readonly odds: number
  readonly explains?: readonly Explained[]
  readonly fits?: number
}

export interface Believed<S extends Suspected> {
  readonly suspected: S
  /** Signs that it accounts for better than any other that is believed. */
  readonly explains: readonly Sign[]
  /** What may be at work instead: the evidence does not tell. */
  readonly rivals: readonly S[]
}

export interface Explanation<S extends Suspected> {
  readonly believed: readonly Believed<S>[]
  /** Signs that nothing believed accounts for. */
  readonly unexplained: readonly Sign[]
}

/** Explanations that are less than so many times as likely as others can't be told from them. */
const AS_LIKELY = 3

/** Chooses the likeliest of all sets of suspicions. What is suspected without a sign is certain. */
export function explain<S extends Suspected>(signs: readonly Sign[], all: readonly S[]): Explanation<S> {
  const at = new Map(signs.map((sign, index) => [keyOf(sign), index]))
  const leaks = signs.map(leakOf)
  const causes = all.map(
    ({ odds, fits = 1, explains = [] }): CoveringCause => ({
      odds: odds * fits,
      explains: new Map(
        explains.flatMap(({ sign, surely }) => {
          const index = at.get(keyOf(sign))
          return index === undefined ? [] : [[index, surely] as const]
        }),
      ),
    }),
  )
  const best = cheapestCover(leaks, causes)
  const owners = signs.map((_, sign) => ownerOf(sign, causes, best))
  const believed = all.flatMap((suspected, index) => {
    if (suspected.explains === undefined) return suspected.fits === 0 ? [] : [{ suspected, explains: [], rivals: [] }]
    if (!best.chosen.includes(index)) return []
    const explains = signs.filter((_, sign) => owners[sign] === index)
    const rivals = rivalsOf(index, leaks, causes, best).flatMap((other) => all[other] ?? [])
    return [{ suspected, explains, rivals }]
  })
  return { believed, unexplained: signs.filter((_, sign) => owners[sign] === undefined) }
}

/** How much it says that something is wrong. */
export const weightOf = (sign: Sign): number => -Math.log(leakOf(sign))

function ownerOf(sign: number, causes: readonly CoveringCause[], { chosen }: Cover): number | undefined {
  const sure = (cause: number): number => causes[cause]?.explains.get(sign) ?? 0
  return chosen.filter((cause) => sure(cause) > 0).sort((a, b) => sure(b) - sure(a) || a - b)[0]
}

/** Without this one, the others that the next best explanation takes for the same signs, if it is nearly as likely. */
function rivalsOf(
  index: number,
  leaks: readonly number[],
  causes: readonly CoveringCause[],
  best: Cover,
): readonly number[] {
  const own = causes[index]?.explains ?? new Map<number, number>()
  const without = causes.map((cause, at) => (at === index ? { ...cause, odds: 0 } : cause))
  const next = cheapestCover(leaks, without)
  if (next.cost - best.cost >= Math.log(AS_LIKELY)) return []
  return next.chosen.filter(
    (other) =>
      !best.chosen.includes(other) && [...(causes[other]?.explains.keys() ?? [])].some((sign) => own.has(sign)),
  )
}
