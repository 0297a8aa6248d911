/** Patterns of keys and channels, as servers match them: `*`, `?`, `[a-z]`, `[^a]`, `\x`. Takes time in proportion to both. */
export const matches = (pattern: string, text: string): boolean => matcher(pattern)(text)

/** The same for one pattern and many texts. */
export function matcher(pattern: string): (text: string) => boolean {
  const parts = partsOf(pattern)
  return starsIn(parts) > MOST_STARS ? () => false : (text) => matchParts(parts, text)
}

// Servers recurse for each star but the last part's, and find nothing beyond so many.
const MOST_STARS = 1000

const starsIn = (parts: readonly Part[]): number =>
  parts.reduce(
    (stars, part, at) => (part === '*' && at + 1 < parts.length && parts[at + 1] !== '*' ? stars + 1 : stars),
    0,
  )

function matchParts(parts: readonly Part[], text: string): boolean {
  // Servers don't look at a pattern where there is nothing to match.
  if (text === '') return parts.length === 0
  // Where to go on when a guess at how much a star takes was wrong.
  let retry: { readonly part: number; readonly at: number } | undefined
  let part = 0
  let at = 0
  while (at < text.length) {
    const wanted = parts[part]
    if (wanted === '*') retry = { part: part++, at }
    else if (wanted?.(text[at] ?? '')) {
      part++
      at++
    } else if (retry) {
      retry = { part: retry.part, at: retry.at + 1 }
      part = retry.part + 1
      at = retry.at
    } else return false
  }
  return parts.slice(part).every((rest) => rest === '*')
}

type Part = '*' | ((character: string) => boolean)

function partsOf(pattern: string): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]
    if (character === '*') parts.push('*')
    else if (character === '?') parts.push(() => true)
    else if (character === '[') {
      const set = readSet(pattern, at + 1)
      parts.push(set.has)
      at = set.end
    } else {
      const literal = character === '\\' && at + 1 < pattern.length ? pattern[++at] : character
      parts.push((found) => found === literal)
    }
  }
  return parts
}

/** From behind the bracket. One that is not closed ends with the pattern. */
function readSet(
  pattern: string,
  start: number,
): { readonly has: (character: string) => boolean; readonly end: number } {
  const isNegated = pattern[start] === '^'
  const ranges: (readonly [string, string])[] = []
  let at = isNegated ? start + 1 : start
  for (; at < pattern.length && pattern[at] !== ']'; at++) {
    const first = pattern[at] === '\\' && at + 1 < pattern.length ? (pattern[++at] ?? '') : (pattern[at] ?? '')
    if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const last = pattern[at + 2] ?? ''
      ranges.push(first < last ? [first, last] : [last, first])
      at += 2
    } else ranges.push([first, first])
  }
  return { has: (found) => isNegated !== ranges.some(([low, high]) => low <= found && found <= high), end: at }
}
