/** Answers without their {@link Float}s, for what knows only JavaScript's numbers, and back. */
import { Float } from './python-text.ts'

/** What a copy was made of. */
const originals = new WeakMap<object, object>()

/** A value that holds no Float is its own plain form. */
export function plainNumbers(value: unknown): unknown {
  if (value instanceof Float) return value.value
  if (typeof value !== 'object' || value === null) return value
  const copy = changed(value, plainNumbers)
  if (copy !== value) originals.set(copy, value)
  return copy
}

/** What comes back whole of a plain form is the answer's own again; a number alone has lost its kind. */
export function wholeAgain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Float) return value
  return originals.get(value) ?? changed(value, wholeAgain)
}

/** The same value where no member changes. */
export function changed(value: object, change: (member: unknown) => unknown): object {
  if (Array.isArray(value)) {
    const items = value.map(change)
    return items.every((item, at) => item === value[at]) ? value : items
  }
  const entries = Object.entries(value).map(([name, member]) => [name, change(member), member] as const)
  return entries.every(([, now, before]) => now === before)
    ? value
    : Object.fromEntries(entries.map(([name, now]) => [name, now]))
}
