import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const STARTS_WITHIN_MS = 30_000

/** A port of the loopback that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  await once(server.close(), 'close')
  return port
}

/** Waits until a server that was started takes connections. @throws Error when it ends, or takes too long */
export async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + STARTS_WITHIN_MS
  while (child.exitCode === null && performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1')
    const answers = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (answers) return
    await sleep(50)
  }
  throw new Error(`no server on port ${port}`)
}
