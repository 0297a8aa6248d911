/** Deeper than any request to the engine; the code that looks into values calls itself for each level. */
const DEEPEST = 32

/** The value of a body in JSON, an empty object of an empty one. Throws a SyntaxError that says what is wrong. */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) return {}
  const text = body.toString()
  if (isDeep(text)) throw new SyntaxError(`it is nested more than ${DEEPEST} levels deep`)
  return JSON.parse(text)
}

/** In one pass without a pattern: V8 has no room for a pattern that goes through a string of a megabyte. */
function isDeep(text: string): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isInString) {
      if (character === '\\') at++
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '[' || character === '{') {
      if (++depth > DEEPEST) return true
    } else if (character === ']' || character === '}') depth--
  }
  return false
}
