/** What a server is told of a user: the other end of an access string. Pure. */
import { type AccessRules, type Selector, serverRules } from './access-string.ts'
import { type AclEngine, plainCommandsOf } from './commands.ts'
import { parentOf } from './rules.ts'

export interface ServerUser {
  readonly name: string
  readonly rules: AccessRules
  /** SHA-256 in hexadecimal digits of each password. */
  readonly passwordHashes: readonly string[]
  /** Whether any password will do. */
  readonly noPassword: boolean
}

/**
 * The user's name and the rules that, after `reset`, make a user of a server this one. What is said of commands and categories that
 * ElastiCache's servers have and a plain one of the engine has not is left out: the server would take none of the rules.
 */
export function userLine({ name, rules, passwordHashes, noPassword }: ServerUser, engine: AclEngine): string {
  const known = {
    ...rules,
    root: withoutUnknown(rules.root, engine),
    selectors: rules.selectors.map((selector) => withoutUnknown(selector, engine)),
  }
  return [name, ...(noPassword ? ['nopass'] : passwordHashes.map((hash) => `#${hash}`)), ...serverRules(known)].join(
    ' ',
  )
}

function withoutUnknown(selector: Selector, engine: AclEngine): Selector {
  const { categoriesOf, categories, containers } = plainCommandsOf(engine)
  const isKnown = (rule: string) => {
    const name = rule.slice(1)
    const parent = parentOf(name)
    if (name.startsWith('@')) return categories.has(name.slice(1))
    return categoriesOf.has(name) || (categoriesOf.has(parent) && !containers.has(parent)) // with a first argument
  }
  return { ...selector, rules: selector.rules.filter(isKnown) }
}
