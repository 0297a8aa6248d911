/** Ids of caches as people misspell them. Pure. */

/**
 * The one id that is meant by a word in other case, with `_` for `-` or neither, with other zeros before a number, or with something
 * after it: `Shop_1`, `shop-001` and `SHOP1.cfg` are shop-1. Undefined where there are several, or none.
 */
export function meantId(word: string, ids: readonly string[]): string | undefined {
  const spoken = partsOf(word)
  for (const mark of ['-', '']) {
    const same = ids.filter((id) => partsOf(id).join(mark) === spoken.join(mark))
    if (same.length > 0) return same.length === 1 ? same[0] : undefined
  }
  const begun = ids.filter((id) => startsWith(spoken, partsOf(id)) || startsWith(partsOf(id), spoken))
  return begun.length === 1 ? begun[0] : undefined
}

/** `Shop_01.cfg` -> `shop`, `1`. */
const partsOf = (word: string): string[] =>
  ((word.split('.')[0] ?? '').toLowerCase().match(/[a-z]+|\d+/g) ?? []).map((part) => part.replace(/^0+(?=\d)/, ''))

const startsWith = (long: readonly string[], short: readonly string[]): boolean =>
  short.length > 0 && short.every((part, at) => part === long[at])

/** A word without a port that reads as a host name, and may be an id that is written wrong: `shop_1`, `shop.cfg`, `shop.0001`. */
export const mayBeId = (word: string): boolean =>
  /^[a-z][a-z\d-]*_[\w-]*$/i.test(word) || /^[a-z][\w-]*\.(cfg|\d{4})(\.[a-z\d-]+)?$/i.test(word)
