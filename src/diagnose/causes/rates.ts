/** How often something happened at each of several places, and whether that is one rate or several. Pure. */

export interface Rate {
  readonly lost: number
  readonly of: number
}

export const total = (rates: readonly Rate[]): Rate =>
  rates.reduce((sum, { lost, of }) => ({ lost: sum.lost + lost, of: sum.of + of }), { lost: 0, of: 0 })

/** What is lost where nothing is wrong. */
const BACKGROUND = 0.005

/**
 * The logarithm of how many times likelier it is that all lose at one rate, none of which is known, than that these lose
 * at a rate of their own each, and the spared as anything does. Above 0: they have it in common.
 */
export const togetherOf = (losing: readonly Rate[], spared: readonly Rate[]): number =>
  anyRate(total([...losing, ...spared])) -
  [...losing.map(anyRate), ...spared.map(hardly)].reduce((sum, each) => sum + each, 0)

/** Of so many in this order, at a rate that may be any: the integral of p^lost (1 - p)^(of - lost). */
function anyRate({ lost, of }: Rate): number {
  let ways = 0
  for (let at = 1; at <= lost; at++) ways += Math.log((of - lost + at) / at)
  return -ways - Math.log(of + 1)
}

const hardly = ({ lost, of }: Rate): number => lost * Math.log(BACKGROUND) + (of - lost) * Math.log(1 - BACKGROUND)
