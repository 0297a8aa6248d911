/**
 * A node that looks at itself: tells its parent its port, and whenever it is asked the longest time in which its event loop did not
 * turn. What the system gave to other processes meanwhile is no pause of the node's, and told apart where the system tells it.
 */
import { openSync, readSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { RedisNode } from '../../redis/server.ts'

export interface Watched {
  /** Milliseconds, less what it waited for the processor. */
  readonly longestMs: number
  readonly longestWithWaitingMs: number
  readonly longestCollectionMs: number
  /** Pauses longer than they may be. */
  readonly tooLong: number
}

const mostMs = Number(process.argv[2])
const TICK_MS = 1

const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
const text = Buffer.alloc(64)

/** Milliseconds that this thread was ready to run and did not. */
function waited(): number {
  const length = readSync(schedstat, text, 0, text.length, 0)
  return Number(text.toString('latin1', 0, length).split(' ')[1]) / 1e6
}

let [longestMs, longestWithWaitingMs, longestCollectionMs, tooLong] = [0, 0, 0, 0]
let [at, waitedBefore] = [performance.now(), waited()]
setInterval(() => {
  const now = performance.now()
  const waiting = waited()
  const gap = now - at - TICK_MS
  const own = gap - (waiting - waitedBefore)
  at = now
  waitedBefore = waiting
  longestMs = Math.max(longestMs, own)
  longestWithWaitingMs = Math.max(longestWithWaitingMs, gap)
  if (own > mostMs) tooLong++
}, TICK_MS)
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestCollectionMs = Math.max(longestCollectionMs, duration)
}).observe({ entryTypes: ['gc'] })

const node = new RedisNode({ engine: 'redis', version: '7.0.15' })
const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
process.on('message', () => {
  process.send?.({ longestMs, longestWithWaitingMs, longestCollectionMs, tooLong } satisfies Watched)
  longestMs = longestWithWaitingMs = longestCollectionMs = tooLong = 0
})
process.on('disconnect', () => process.exit(0))
process.send?.(port)
