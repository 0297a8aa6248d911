import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those the system gives out itself, on Linux from 32,768 upwards. */
const LOWEST = 13_000
const BLOCK = 400
const BLOCKS = 48

/**
 * The first of 400 ports that no other test process uses, of this run or another on this machine: the last of them is
 * listened on as long as the process lives, so that nobody else takes the block. A test that stops its engine, or a node, and
 * comes back must find the ports as they were, not taken by another's.
 */
export async function ownPorts(): Promise<number> {
  for (let tried = 0; tried < BLOCKS; tried++) {
    const first = LOWEST + BLOCK * ((process.pid + tried) % BLOCKS)
    if (await held(first + BLOCK - 1)) return first
  }
  return LOWEST
}

async function held(port: number): Promise<boolean> {
  const server = createServer().unref()
  try {
    await once(server.listen({ port, host: '127.0.0.1', exclusive: true }), 'listening')
    return true
  } catch {
    return false
  }
}
