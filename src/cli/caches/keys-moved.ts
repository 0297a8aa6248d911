/**
 * Which part of the keys belongs to another node after a cluster of `from` nodes has become one of `to` (guide, "Load
 * balancing"): what a client misses once. Pure.
 */
export function keysMoved(from: number, to: number): { readonly ketama: number; readonly modulo: number } {
  if (from === to) return { ketama: 0, modulo: 0 }
  const [fewer, more] = [Math.min(from, to), Math.max(from, to)]
  return {
    // Only the keys of the nodes that come or go.
    ketama: (more - fewer) / more,
    // h mod from = h mod to for the first `fewer` of every lcm(from, to) hashes: 1 - 1/n for the next node.
    modulo: 1 - fewer / leastCommonMultiple(from, to),
  }
}

const leastCommonMultiple = (a: number, b: number): number => (a / greatestCommonDivisor(a, b)) * b

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))
