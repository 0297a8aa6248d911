import { type AddressInfo, connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/net/clock.ts'

/** Tests over ::1 are skipped, saying so, on hosts without it. */
export const hasIPv6Loopback = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
)

/** A port on which connections succeed, until the test ends. */
export async function openPort(host = '127.0.0.1', port = 0): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: true }, resolve)
  })
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A port that nothing listens on: it was free a moment ago. */
export async function closedPort(host = '127.0.0.1'): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

const NEVER_ACCEPTS = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer()
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
  })
`

/**
 * A port that swallows connection attempts: its thread sleeps for ever and its accept queue is full, so the kernel
 * drops every SYN. Linux only: other kernels answer.
 */
export async function silentPort(): Promise<number> {
  const worker = new Worker(NEVER_ACCEPTS, { eval: true })
  onTestFinished(() => void worker.terminate())
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  for (let filling = true; filling; ) {
    const socket = connect({ host: '127.0.0.1', port })
    onTestFinished(() => void socket.destroy())
    filling = await new Promise<boolean>((resolve) => {
      socket.on('error', () => {}).once('connect', () => resolve(true))
      systemClock.after(150, () => resolve(false))
    })
  }
  return port
}
