import { Fault } from '../../api/faults.ts'
import { nearest } from '../../api/nearest.ts'

/** Longer ones are no misspellings of anything. */
const LONGEST_TO_COMPARE = 100

/**
 * What every request with a parameter that is not known gets, whatever it is in: refused, with the right name where there is
 * one close to it. What AWS does is not known (EC2 refuses it as well), and an engine to try things with is not to swallow a
 * misspelling.
 * @param path Of what the parameter is in: empty, or ends with a dot.
 * @param known The names there are.
 */
export function unknownParameter(path: string, name: string, known: readonly string[]): Fault {
  const meant = closest(name, known)
  return misnamed(`${path}${name}`, meant === undefined ? undefined : `${path}${meant}`)
}

/** Refuses `wrong`, and names what belongs in its place, as far as that is known. */
export function misnamed(wrong: string, right: string | undefined): Fault {
  const advice = right === undefined ? '' : ` Did you mean ${right}?`
  return new Fault('InvalidQueryParameter', `Unknown parameter ${wrong}.${advice}`)
}

/** `CacheClusterID`, `CacheClusterName`, `CacheClusterIdentifier` and `ClusterId` are all meant for `CacheClusterId`. */
function closest(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_TO_COMPARE) return undefined
  const lower = name.toLowerCase()
  const words = wordsOf(name)
  return (
    known.find((each) => each.toLowerCase() === lower) ??
    nearest(name, known) ??
    known.find((each) => lower.startsWith(each.toLowerCase())) ??
    known.find((each) => words.length > 0 && words.every((word) => wordsOf(each).includes(word)))
  )
}

/** `NumCacheNodes` -> num, cache, nodes. */
const wordsOf = (name: string): string[] =>
  (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase())
