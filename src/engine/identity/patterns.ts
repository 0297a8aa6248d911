/** Patterns of policies: `*` for any run of characters, `?` for one, `${key}` for what the request says. */

/** Values of the request by condition key in small letters. */
export type RequestContext = ReadonlyMap<string, readonly string[]>

const ANY = Symbol('*')
const ONE = Symbol('?')
type Token = string | typeof ANY | typeof ONE

/**
 * The pattern cut into characters and wildcards, its variables filled in: what they bring counts as it is, so that a user
 * named `*` does not stand for all users. Undefined when a variable has no value: then the pattern matches nothing.
 */
function tokensOf(pattern: string, context: RequestContext): Token[] | undefined {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    const end = character === '$' && pattern[at + 1] === '{' ? pattern.indexOf('}', at) : -1
    if (end !== -1) {
      const value = variableValue(pattern.slice(at + 2, end), context)
      if (value === undefined) return undefined
      tokens.push(...value)
      at = end
    } else if (character === '*') tokens.push(ANY)
    else if (character === '?') tokens.push(ONE)
    else tokens.push(character)
  }
  return tokens
}

/** `aws:username`, or with a default for requests without it: `aws:PrincipalTag/team, 'none'`. */
function variableValue(variable: string, context: RequestContext): string | undefined {
  // `${*}`, `${?}` and `${$}` are these characters themselves.
  if (variable === '*' || variable === '?' || variable === '$') return variable
  const [, key = '', otherwise] = /^([^,]*?)\s*(?:,\s*'(.*)')?$/s.exec(variable) ?? []
  const values = context.get(key.toLowerCase())
  return values?.length === 1 ? values[0] : otherwise
}

/** Whether the whole text is of the pattern. Time grows with the product of their lengths at worst. */
export function matchesPattern(pattern: string, text: string, context: RequestContext = new Map()): boolean {
  const tokens = tokensOf(pattern, context)
  return tokens !== undefined && matchesTokens(tokens, text)
}

function matchesTokens(tokens: readonly Token[], text: string): boolean {
  let token = 0
  let at = 0
  // Where to go on when what follows the last `*` does not fit: one character further.
  let star = -1
  let resume = 0
  while (at < text.length) {
    const wanted = tokens[token]
    if (wanted === ANY) {
      star = token++
      resume = at
    } else if (wanted === ONE || wanted === text[at]) {
      token++
      at++
    } else if (star !== -1) {
      token = star + 1
      at = ++resume
    } else return false
  }
  while (tokens[token] === ANY) token++
  return token === tokens.length
}

/** The text with its variables filled in, wildcards left alone; undefined when one has no value. */
export function fillIn(text: string, context: RequestContext): string | undefined {
  return tokensOf(text, context)
    ?.map((token) => (token === ANY ? '*' : token === ONE ? '?' : token))
    .join('')
}
