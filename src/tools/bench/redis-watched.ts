/**
 * A node that looks at itself: tells its parent its port, and whenever it is asked the longest time in which its event loop did not
 * turn. What the system gave to other processes meanwhile is no pause of the node's, and told apart where the system tells it.
 */
import { openSync, readSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { collectUnaided, keepYoungSpaceSmall } from '../../net/serve/node-insides.ts'
import { RedisNode } from '../../redis/server.ts'

export interface Watched {
  /** Milliseconds, less what it waited for the processor. */
  readonly longestMs: number
  /** Processor time of a turn: without what it waited for other threads, too. */
  readonly longestWorkMs: number
  readonly longestWithWaitingMs: number
  readonly longestCollectionMs: number
  /** Pauses longer than they may be. */
  readonly tooLong: number
}

const mostMs = Number(process.argv[2])
const TICK_MS = 1

const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
const text = Buffer.alloc(64)

/** Milliseconds that this thread ran, and those that it was ready to and did not. */
function spent(): readonly [ran: number, waited: number] {
  const length = readSync(schedstat, text, 0, text.length, 0)
  const [ran, waited] = text.toString('latin1', 0, length).split(' ')
  return [Number(ran) / 1e6, Number(waited) / 1e6]
}

let [longestMs, longestWorkMs, longestWithWaitingMs, longestCollectionMs, tooLong] = [0, 0, 0, 0, 0]
let [at, before] = [performance.now(), spent()]
setInterval(() => {
  const now = performance.now()
  const [ran, waited] = spent()
  const gap = now - at - TICK_MS
  const own = gap - (waited - before[1])
  longestMs = Math.max(longestMs, own)
  longestWorkMs = Math.max(longestWorkMs, ran - before[0])
  at = now
  before = [ran, waited]
  longestWithWaitingMs = Math.max(longestWithWaitingMs, gap)
  if (own > mostMs) tooLong++
}, TICK_MS)
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestCollectionMs = Math.max(longestCollectionMs, duration)
}).observe({ entryTypes: ['gc'] })

keepYoungSpaceSmall()
collectUnaided()
const node = new RedisNode({ engine: 'redis', version: '7.0.15' })
const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
process.on('message', () => {
  process.send?.({ longestMs, longestWorkMs, longestWithWaitingMs, longestCollectionMs, tooLong } satisfies Watched)
  longestMs = longestWorkMs = longestWithWaitingMs = longestCollectionMs = tooLong = 0
})
process.on('disconnect', () => process.exit(0))
process.send?.(port)
