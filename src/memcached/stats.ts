import type { CacheCore } from './core.ts'
import { sum } from './counters.ts'

export type StatLine = readonly [name: string, value: string | number]

export function generalStats({ counters, store, settings }: CacheCore): StatLine[] {
  return [
    ['version', settings.engineVersion],
    ['cmd_get', counters.cmdGet],
    ['cmd_set', sum(counters.cmdSet)],
    ['bytes', store.bytes],
    ['curr_items', store.items],
  ]
}
