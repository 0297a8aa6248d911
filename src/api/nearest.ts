/**
 * What was meant by a word that none of the candidates is: the only one that goes on where it ends, else the one that takes the
 * fewest edits to reach, if that is few for its length, else the shortest that has its parts in their order: `--cluster-id` is
 * `--cache-cluster-id`.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const longer = [...new Set(candidates.filter((candidate) => candidate.startsWith(word)))]
  if (word.length >= LEAST_BEGINNING && longer.length === 1) return longer[0]
  return fewestEdits(word, candidates) ?? withParts(word, candidates)
}

const LEAST_BEGINNING = 3

function withParts(word: string, candidates: readonly string[]): string | undefined {
  const parts = word.split('-').filter((part) => part !== '')
  if (parts.length === 0) return undefined
  return candidates.filter((candidate) => hasParts(candidate, parts)).sort((a, b) => a.length - b.length)[0]
}

function hasParts(candidate: string, parts: readonly string[]): boolean {
  let at = 0
  for (const part of candidate.split('-')) if (part === parts[at]) at += 1
  return at === parts.length
}

function fewestEdits(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  const { length } = word.replace(/^-+/, '')
  // Two of three letters wrong is another word.
  let fewest = (length <= 3 ? 1 : Math.max(2, Math.floor(length / 3))) + 1
  for (const candidate of candidates) {
    const edits = editDistance(word, candidate)
    if (edits < fewest) {
      fewest = edits
      best = candidate
    }
  }
  return best
}

/** Levenshtein's distance, where two letters that have changed places are one edit as well; one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  let above = row
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = placeOf(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const edits = Math.min(replaced, placeOf(row, j) + 1, placeOf(next, j - 1) + 1)
      next.push(swapped ? Math.min(edits, placeOf(above, j - 2) + 1) : edits)
    }
    above = row
    row = next
  }
  return placeOf(row, b.length)
}

/** A row has a place for every letter, and one before them. */
const placeOf = (row: readonly number[], at: number): number => row[at] ?? 0

const MOST_NAMED = 8

/** `There are: cart, shop.` Of more than `most` these are named, and how many more there are. */
export function thereIs(names: readonly string[], most = MOST_NAMED): string {
  const all = [...new Set(names)].sort()
  const more = all.length > most ? ` and ${all.length - most} more` : ''
  return `There ${all.length === 1 ? 'is' : 'are'}: ${all.slice(0, most).join(', ')}${more}.`
}

/** What was meant by a name that none of them has: the nearest, or else all there are, as `thereIs` says it. */
export function meantAmong(name: string, names: readonly string[], most?: number): string {
  const guess = nearest(name, names)
  if (guess !== undefined) return `Did you mean ${guess}?`
  return names.length === 0 ? 'There is none at all.' : thereIs(names, most)
}
