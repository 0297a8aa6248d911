import { connect, createServer, type Server, type Socket } from 'node:net'
import { errorCode } from '../api/thrown.ts'
import { boundTo } from '../net/bound.ts'
import { type Clock, systemClock } from '../net/clock.ts'
import type { Family } from '../net/target.ts'
import { type Hop, type IpPreference, type MeshNode, PREFERENCE_TABLE } from './preference.ts'

const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '::1' }

/** What really happened to one request. `answer` is the node's name, as its application said it. */
export interface DemoResult {
  readonly node: string
  readonly preference: IpPreference
  readonly answer?: string
  readonly failsAt: readonly Hop[]
}

/**
 * Plays the walkthrough on this host: per node an application and a sidecar in front of it, on real loopback sockets,
 * configured as the preference says; then one request by way of the node's registered addresses. Rejects where the
 * host has no ::1.
 */
export async function demonstrate(
  node: MeshNode,
  preference: IpPreference,
  clock: Clock = systemClock,
): Promise<DemoResult> {
  const row = PREFERENCE_TABLE[preference]
  const servers: Server[] = []
  const listen = async (families: readonly Family[], serve: (socket: Socket) => void): Promise<number> => {
    const { port, opened } = await onOnePort(families, serve)
    servers.push(...opened)
    return port
  }
  try {
    const appPort = await listen(node.application, (socket) => {
      socket.on('error', () => {})
      socket.end(node.name)
    })
    const sidecarPort = await listen(row.listener, (socket) => {
      const upstream = connect({ host: LOOPBACK[row.application], port: appPort, autoSelectFamily: false })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
      upstream.pipe(socket)
      socket.pipe(upstream)
    })
    const family = row.discovery.dns.find((each) => node.discovery.includes(each))
    const hops: Hop[] = []
    let answer: string | undefined
    if (family === undefined) hops.push('discovery')
    else {
      const got = await request(LOOPBACK[family], sidecarPort, clock)
      answer = got === node.name ? got : undefined
      if (got === undefined) hops.push('listener')
    }
    // The last hop is asked by itself, so that it shows even where the request never got there.
    const reached = await request(LOOPBACK[row.application], appPort, clock)
    if (reached !== node.name) hops.push('application')
    return { node: node.name, preference, failsAt: hops, ...(answer !== undefined && { answer }) }
  } finally {
    for (const server of servers) server.close()
  }
}

/** Undefined: refused. Empty: connected, and nothing came. */
function request(host: string, port: number, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, autoSelectFamily: false })
    let text = ''
    let connected = false
    const cancel = clock.after(2000, () => socket.destroy())
    socket.on('connect', () => {
      connected = true
    })
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      cancel()
      resolve(connected ? text : undefined)
    })
  })
}

/** The same free port on each family. Another program may hold it on the second: then the next one is tried. */
async function onOnePort(families: readonly Family[], serve: (socket: Socket) => void) {
  for (let tries = 0; tries < 20; tries++) {
    const opened: Server[] = []
    try {
      for (const family of families) {
        const taken = opened[0] ? boundTo(opened[0]).port : 0
        opened.push(await bound(LOOPBACK[family], taken, serve))
      }
      const [first] = opened
      if (first) return { port: boundTo(first).port, opened }
    } catch (error) {
      for (const server of opened) server.close()
      if (errorCode(error) !== 'EADDRINUSE') throw error
    }
  }
  throw new Error('no port is free on both loopback addresses')
}

function bound(host: string, port: number, serve: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(serve)
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: true }, () => resolve(server))
  })
}
