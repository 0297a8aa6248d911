import { keySlot } from '../../protocols/resp/hash-slot.ts'

// What stands for other characters in a pattern.
const WILD = /[*?[\\]/

/** The slot of all keys that fit a pattern; -1: they may be of several. */
export function patternSlot(pattern: Buffer): number {
  const text = pattern.toString('latin1')
  const wild = text.search(WILD)
  const [tag = ''] = /^[^{]*\{[^}]+\}/.exec(text) ?? []
  if (wild >= 0 && wild < tag.length) return -1
  return wild < 0 || tag !== '' ? keySlot(pattern) : -1
}
