import type { Core } from '../core.ts'
import type { Keyspace } from './keyspace.ts'

// Of LFU: a counter of 8 bits that grows with the logarithm of accesses, and above it the minutes at which it was last looked at.
const COUNTER_BITS = 8
const COUNTER_MASK = 255
const MINUTES_MASK = 0xffff
const MS_PER_MINUTE = 60_000
const FIRST_COUNT = 5
const MS_PER_SECOND = 1000

/** Seconds as a word of 32 bits has them. */
export const secondsOf = (ms: number): number => Math.floor(ms / MS_PER_SECOND) | 0
const minutesOf = (ms: number): number => Math.floor(ms / MS_PER_MINUTE) & MINUTES_MASK

/** Milliseconds since an access, to the second. */
export const idleMs = ({ now }: Keyspace, access: number): number =>
  Math.max(0, (secondsOf(now) - access) | 0) * MS_PER_SECOND

/** What LFU's counter is now, less what has worn off since the last access. */
export function frequencyOf({ config, keyspace }: Core, access: number): number {
  const { lfuDecayTime } = config.settings
  const counter = access & COUNTER_MASK
  if (lfuDecayTime === 0) return counter
  const passed = (minutesOf(keyspace.now) - (access >>> COUNTER_BITS)) & MINUTES_MASK
  return Math.max(0, counter - Math.floor(passed / lfuDecayTime))
}

/** What an entry has for its last access, by the eviction policy: made once a turn, not for each entry. */
export function followAccess(core: Core): () => void {
  const { config, keyspace } = core
  const lfuAfter = (before: number): number => {
    const counter = frequencyOf(core, before)
    return (minutesOf(keyspace.now) << COUNTER_BITS) | counted(core, counter)
  }
  const refresh = (): void => {
    const isLfu = keyspace.accessOf !== undefined
    keyspace.firstAccess = isLfu ? (minutesOf(keyspace.now) << COUNTER_BITS) | FIRST_COUNT : secondsOf(keyspace.now)
  }
  config.follow(['maxmemoryPolicy'], () => {
    keyspace.accessOf = config.settings.maxmemoryPolicy.endsWith('lfu') ? lfuAfter : undefined
    refresh()
  })
  return refresh
}

/** The more there have been, the less likely one more access counts. */
function counted({ config, keyspace }: Core, counter: number): number {
  if (counter === COUNTER_MASK) return counter
  const beyond = Math.max(0, counter - FIRST_COUNT)
  return keyspace.random() < 1 / (beyond * config.settings.lfuLogFactor + 1) ? counter + 1 : counter
}
