/** Rights for people to read. Pure. */
import type { Selector } from './access-string.ts'
import type { KeyPattern } from './rules.ts'

/** `all`, `none`, or the patterns: `app:*, cart:* (read)`. */
export function keysInWords({ keys }: Selector): string {
  if (keys === 'all') return 'all'
  return keys.length === 0 ? 'none' : keys.map(patternInWords).join(', ')
}

const patternInWords = ({ pattern, read, write }: KeyPattern): string =>
  read && write ? pattern : `${pattern} (${read ? 'read' : 'write'})`

/** `default` is what the parameter `acl-pubsub-default` of the cache says. */
export const channelsInWords = ({ channels }: Selector): string =>
  typeof channels === 'string' ? channels : channels.length === 0 ? 'none' : channels.join(', ')

/** In the order of the rules, of which the last that is about a command counts: `@read, hset; not get; get`. */
export function commandsInWords({ base, rules }: Selector): string {
  const runs: { readonly sign: string; readonly names: string[] }[] =
    base === '+@all' ? [{ sign: '+', names: ['all'] }] : []
  for (const rule of rules) {
    const [sign = '', name] = [rule[0], rule.slice(1).replace('|', ' ')]
    const last = runs.at(-1)
    if (last?.sign === sign) last.names.push(name)
    else runs.push({ sign, names: [name] })
  }
  // What is taken from one that has nothing says nothing.
  const telling = runs.slice(runs[0]?.sign === '-' ? 1 : 0)
  if (telling.length === 0) return 'none'
  return telling.map(({ sign, names }) => `${sign === '-' ? 'not ' : ''}${names.join(', ')}`).join('; ')
}
