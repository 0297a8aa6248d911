import type { Core } from './core.ts'
import { expireSome } from './keyspace/active-expiry.ts'

const MS_PER_SECOND = 1000
// Buckets of each table that is being rehashed, of those which nobody changes.
const BUCKETS_PER_STEP = 1000

// Of each step: a tenth of the time, and less than any client would notice.
const MOST_FREEING_MS = 8

function freeFor({ keyspace, clock }: Core, ms: number): void {
  const began = clock.monotonicMs()
  while (keyspace.freeing > 0 && clock.monotonicMs() - began < ms) keyspace.freeSome()
}

/** What a node does from time to time (`hz`), without being asked. Answers what stops it. */
export function startChores(core: Core): () => void {
  let stop: () => void = () => undefined
  core.config.follow(['hz'], () => {
    stop()
    const hz = Math.min(500, Math.max(1, core.config.settings.hz))
    stop = core.clock.every(MS_PER_SECOND / hz, () => step(core))
  })
  return () => stop()
}

function sample(core: Core, at: number): void {
  core.rates.sample('commands', at, core.commandsProcessed())
  core.rates.sample('input', at, core.counters.bytesRead)
  core.rates.sample('output', at, core.replies.written)
  core.usedMemory()
}

function step(core: Core): void {
  core.refreshTime()
  const { keyspace } = core
  const began = core.clock.monotonicMs()
  expireSome(core)
  core.noteLatency('expire-cycle', core.clock.monotonicMs() - began)
  sample(core, core.clock.monotonicMs())
  for (const { table } of keyspace.databases) table.step(BUCKETS_PER_STEP)
  freeFor(core, MOST_FREEING_MS)
  for (const chore of core.chores) chore()
  core.propagation.flush(false)
  core.deliver()
}
