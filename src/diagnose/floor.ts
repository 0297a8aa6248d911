import { createServer } from 'node:net'
import { boundTo } from '../net/bound.ts'
import { type Clock, systemClock } from '../net/clock.ts'
import { attemptConnect } from './connect.ts'
import { percentile } from './statistics.ts'

/**
 * What a connection costs when the network costs nothing: the median of `attempts` handshakes with ourselves over
 * 127.0.0.1, in milliseconds. Results near it say more of this process than of the network. It also warms Node up:
 * the first connection of a process takes several milliseconds. Undefined where loopback can't be used.
 */
export async function measureFloor(attempts = 9, clock: Clock = systemClock): Promise<number | undefined> {
  const server = createServer((socket) => socket.destroy())
  server.unref()
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(0, '127.0.0.1', () => resolve(true))
  })
  if (!listening) return undefined
  const { port } = boundTo(server)
  const rtts: number[] = []
  for (let done = 0; done <= attempts; done++) {
    const { outcome, ms } = await attemptConnect({ address: '127.0.0.1', port, clock })
    // The first one is the warm-up.
    if (outcome === 'connected' && done > 0) rtts.push(ms)
  }
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return rtts.length > 0 ? percentile(rtts, 50) : undefined
}
