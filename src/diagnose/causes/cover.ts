/**
 * Which few causes account for all signs, as numbers. The most likely explanation in a net of noisy ors: each cause makes
 * each of its signs show with some chance, independently of the others, and a sign shows by itself now and then, too.
 */

export interface CoveringCause {
  /** How likely it is before anything is seen, of 1. */
  readonly odds: number
  /** Signs by their index, each with the chance that the cause makes it show. */
  readonly explains: ReadonlyMap<number, number>
}

export interface Cover {
  /** Indices of causes, ascending. */
  readonly chosen: readonly number[]
  /** Minus the logarithm of how likely causes and signs are together, but for a constant. */
  readonly cost: number
}

/** What remains to be decided: signs, each with the chance that all causes chosen so far fail to show it. */
interface Part {
  readonly signs: ReadonlyMap<number, number>
  readonly open: readonly number[]
}

/** Decisions tried before the rest is left to the greedy choice. */
const STEPS = 20_000

/** `leaks`: the chance of each sign to show without any cause. Exact, up to `steps` decisions. Pure. */
export function cheapestCover(leaks: readonly number[], causes: readonly CoveringCause[], steps = STEPS): Cover {
  const search = new Search(causes, steps)
  const signs = new Map(leaks.map((leak, sign) => [sign, 1 - leak]))
  const open = causes.flatMap(({ odds }, cause) => (odds > 0 ? [cause] : []))
  const { chosen, cost } = search.solve({ signs, open }, Number.POSITIVE_INFINITY) ?? { chosen: [], cost: 0 }
  return { chosen: [...chosen].sort((a, b) => a - b), cost }
}

/** What a set of causes costs, whether it is the cheapest or not. */
export function costOfCover(
  leaks: readonly number[],
  causes: readonly CoveringCause[],
  chosen: readonly number[],
): number {
  const missed = leaks.map((leak) => 1 - leak)
  let cost = 0
  for (const at of chosen) {
    const { odds, explains } = causes[at] ?? { odds: 0, explains: new Map<number, number>() }
    cost += costOfCause(odds)
    for (const [sign, surely] of explains) missed[sign] = (missed[sign] ?? 0) * (1 - surely)
  }
  return missed.reduce((sum, each) => sum + costOfSign(each), cost)
}

const costOfCause = (odds: number): number => -Math.log(odds)
const costOfSign = (missed: number): number => -Math.log1p(-missed)

class Search {
  readonly #causes: readonly CoveringCause[]
  #steps: number

  constructor(causes: readonly CoveringCause[], steps: number) {
    this.#causes = causes
    this.#steps = steps
  }

  /** The cheapest cover that costs less than `most`, if there is one. Parts without a cause in common cost apart. */
  solve(whole: Part, most: number): Cover | undefined {
    const parts = this.#apart(this.#worthwhile(whole))
    const least = parts.map((part) => this.#leastCost(part))
    let rest = least.reduce((sum, each) => sum + each, 0)
    let found: Cover = { chosen: [], cost: 0 }
    for (const [index, part] of parts.entries()) {
      rest -= least[index] ?? 0
      const best = this.#solvePart(part, most - found.cost - rest)
      if (!best) return undefined
      found = { chosen: [...found.chosen, ...best.chosen], cost: found.cost + best.cost }
    }
    return found.cost < most ? found : undefined
  }

  #solvePart(part: Part, most: number): Cover | undefined {
    if (this.#leastCost(part) >= most) return undefined
    const greedy = this.#greedy(part)
    let best = greedy.cost < most ? greedy : undefined
    if (part.open.length === 0 || this.#steps-- <= 0) return best
    const [pick = 0, ...others] = [...part.open].sort((a, b) => this.#reach(b, part) - this.#reach(a, part) || a - b)
    const own = costOfCause(this.#odds(pick))
    const signs = this.#with(part.signs, pick)
    const taken = this.solve({ signs, open: others }, (best?.cost ?? most) - own)
    if (taken) best = { chosen: [pick, ...taken.chosen], cost: own + taken.cost }
    return this.solve({ signs: part.signs, open: others }, best?.cost ?? most) ?? best
  }

  /** What a cause gains shrinks with every other one that is chosen: one that costs more now is never worth it. */
  #worthwhile({ signs, open }: Part): Part {
    return { signs, open: open.filter((cause) => this.#gain(cause, signs) > costOfCause(this.#odds(cause))) }
  }

  #gain(cause: number, signs: Part['signs']): number {
    let gain = 0
    for (const [sign, surely] of this.#explains(cause)) {
      const missed = signs.get(sign)
      if (missed !== undefined) gain += costOfSign(missed) - costOfSign(missed * (1 - surely))
    }
    return gain
  }

  #greedy({ signs, open }: Part): Cover {
    const chosen: number[] = []
    let [left, now, cost] = [open, signs, 0]
    for (;;) {
      const worth = left.map((cause) => this.#gain(cause, now) - costOfCause(this.#odds(cause)))
      const most = Math.max(0, ...worth)
      const pick = left[worth.indexOf(most)]
      if (most === 0 || pick === undefined) break
      chosen.push(pick)
      cost += costOfCause(this.#odds(pick))
      now = this.#with(now, pick)
      left = left.filter((cause) => cause !== pick)
    }
    for (const missed of now.values()) cost += costOfSign(missed)
    return { chosen, cost }
  }

  /** No cover costs less: each sign alone, with its share of the cheapest cause that explains it. */
  #leastCost({ signs, open }: Part): number {
    const shares = new Map([...signs.keys()].map((sign) => [sign, { share: Number.POSITIVE_INFINITY, all: 1 }]))
    for (const cause of open) {
      const share = costOfCause(this.#odds(cause)) / Math.max(1, this.#reach(cause, { signs, open }))
      for (const [sign, surely] of this.#explains(cause)) {
        const known = shares.get(sign)
        if (known) shares.set(sign, { share: Math.min(known.share, share), all: known.all * (1 - surely) })
      }
    }
    let cost = 0
    for (const [sign, missed] of signs) {
      const { share, all } = shares.get(sign) ?? { share: Number.POSITIVE_INFINITY, all: 1 }
      cost += Math.min(costOfSign(missed), share + costOfSign(missed * all))
    }
    return cost
  }

  /** Signs that share a cause, directly or by others, belong together. */
  #apart({ signs, open }: Part): Part[] {
    const parts: { signs: Map<number, number>; open: number[] }[] = []
    const bySign = new Map<number, (typeof parts)[number]>()
    for (const [sign, missed] of signs) {
      const part = { signs: new Map([[sign, missed]]), open: [] }
      parts.push(part)
      bySign.set(sign, part)
    }
    for (const cause of open) {
      const own = [...new Set([...this.#explains(cause).keys()].flatMap((sign) => bySign.get(sign) ?? []))]
      const [first, ...others] = own
      if (!first) continue
      first.open.push(cause)
      for (const other of others) {
        for (const [sign, missed] of other.signs) {
          first.signs.set(sign, missed)
          bySign.set(sign, first)
        }
        first.open.push(...other.open)
        parts.splice(parts.indexOf(other), 1)
      }
    }
    return parts
  }

  #with(signs: Part['signs'], cause: number): Part['signs'] {
    const next = new Map(signs)
    for (const [sign, surely] of this.#explains(cause)) {
      const missed = next.get(sign)
      if (missed !== undefined) next.set(sign, missed * (1 - surely))
    }
    return next
  }

  #reach(cause: number, { signs }: Part): number {
    return [...this.#explains(cause).keys()].filter((sign) => signs.has(sign)).length
  }

  #odds(cause: number): number {
    return this.#causes[cause]?.odds ?? 0
  }

  #explains(cause: number): ReadonlyMap<number, number> {
    return this.#causes[cause]?.explains ?? NONE
  }
}

const NONE: ReadonlyMap<number, number> = new Map()
