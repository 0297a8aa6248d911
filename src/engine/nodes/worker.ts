/** A worker thread that runs cache nodes; the other end of embedded.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Loss } from '../../memcached/config-entries.ts'
import { CacheNode, type CacheNodeOptions } from '../../memcached/server.ts'
import { SERVERLESS } from '../../memcached/serverless.ts'
import type { Impairment } from '../../net/serve/impairment.ts'
import type { Places } from '../../net/serve/server.ts'
import { type Admission, admissionOf, type IngressRule } from '../network/ingress.ts'
import { ConnectionPlaces } from './connection-places.ts'
import { CpuShares } from './cpu-shares.ts'
import { MemcachedNode } from './memcached/node.ts'
import { type Reading, read, readingOf, write } from './readings.ts'
import type { NodeCounters, NodeSpec, ServerlessLimits } from './runtime.ts'
import { readSnapshot, writeSnapshot } from './snapshot-file.ts'

export interface Request {
  readonly request: number
  readonly body:
    | { readonly do: 'start'; readonly spec: NodeSpec }
    | { readonly do: 'stop'; readonly key: string }
    | { readonly do: 'allow'; readonly key: string; readonly ingress: readonly IngressRule[] }
    | { readonly do: 'announce'; readonly key: string; readonly payload: Uint8Array }
    | {
        readonly do: 'attach' | 'detach'
        readonly key: string
        readonly addresses: readonly string[]
        readonly port: number
      }
    | { readonly do: 'limit'; readonly key: string; readonly limits: ServerlessLimits }
    | { readonly do: 'dump' | 'restore'; readonly key: string; readonly file: string }
    | { readonly do: 'allow-watch'; readonly key: string; readonly allowed: boolean }
    | { readonly do: 'impair'; readonly key: string; readonly impairment: Impairment | null }
    | {
        readonly do: 'renew-certificate'
        readonly key: string
        readonly pem: { readonly key: string; readonly cert: string }
      }
    | { readonly do: 'counters' | 'readings' }
}

export interface Answer {
  readonly request: number
  readonly value?: unknown
  readonly error?: { readonly message: string; readonly code?: string | undefined }
}

/** Of a node that has ended by itself: a signal, or an exit code. */
export interface Crash {
  readonly crashed: string
  readonly how: string
}

/** Of a node whose list a client changed, and that has put it back. */
export interface Restoration {
  readonly restored: string
  readonly loss: Loss
}

/** What a worker is started with. */
export interface WorkerData {
  readonly places: { readonly limit: number; readonly buffer: SharedArrayBuffer; readonly thread: number } | undefined
}

type AnyNode = CacheNode | MemcachedNode

const nodes = new Map<string, AnyNode>()
const places = placesOf(workerData as WorkerData)
const cpuShares = new CpuShares()
/** When each node started, microseconds since 1970: no two runs of a node have the same. */
const runs = new WeakMap<AnyNode, number>()
/** Who may connect to each node; asked once for every connection. */
const admissions = new Map<string, Admission>()

async function perform(body: Request['body']): Promise<unknown> {
  switch (body.do) {
    case 'start':
      return start(body.spec)
    case 'stop':
      await nodes.get(body.key)?.close()
      nodes.delete(body.key)
      admissions.delete(body.key)
      return
    case 'allow':
      admissions.set(body.key, admissionOf(body.ingress))
      return
    case 'announce':
      return running(body.key).announce(Buffer.from(body.payload))
    case 'allow-watch':
      return running(body.key).allowWatch(body.allowed)
    case 'impair':
      return running(body.key).impair(body.impairment)
    case 'renew-certificate':
      return running(body.key).renewCertificate(body.pem)
    case 'attach':
      return listenOnAll(running(body.key), body.addresses, body.port)
    case 'detach':
      for (const host of body.addresses) await running(body.key).unlisten({ host, port: body.port })
      return
    case 'limit':
      return embedded(body.key).limit(body.limits)
    case 'dump': {
      const node = embedded(body.key)
      writeSnapshot(body.file, node.dump())
      return node.report().bytes
    }
    case 'restore': {
      const loader = embedded(body.key).loader()
      await readSnapshot(body.file, (piece) => loader.take(piece))
      return loader.end()
    }
    case 'counters':
      return Object.fromEntries(await Promise.all([...nodes].map(async ([key, node]) => [key, await countersOf(node)])))
    case 'readings':
      return readings()
  }
}

function placesOf({ places: shared }: WorkerData): Places | undefined {
  if (!shared) return undefined
  const { limit, buffer, thread } = shared
  const threads = buffer.byteLength / Int32Array.BYTES_PER_ELEMENT
  return new ConnectionPlaces(limit, threads, buffer).of(thread)
}

async function start(spec: NodeSpec): Promise<void> {
  const admits: NonNullable<CacheNodeOptions['admits']> = ({ remoteAddress, localPort }) =>
    admissions.get(spec.key)?.(remoteAddress, localPort) ?? false
  const restored = (loss: Loss) => parentPort?.postMessage({ restored: spec.key, loss } satisfies Restoration)
  const node = spec.memcached
    ? await MemcachedNode.start(spec, spec.memcached, admits, restored)
    : new CacheNode({
        ...spec.options,
        engineVersion: spec.engineVersion,
        memoryLimit: spec.memoryLimit,
        threads: spec.threads,
        ...(places && { places }),
        ...(spec.tls && { tls: spec.tls }),
        ...(spec.serverless && { ...SERVERLESS, ...spec.serverless }),
        admits,
        restored,
      })
  admissions.set(spec.key, admissionOf(spec.ingress))
  try {
    await listenOnAll(node, spec.addresses, spec.port)
  } catch (error) {
    await node.close()
    throw error
  }
  nodes.set(spec.key, node)
  if (node instanceof MemcachedNode) node.process.onEnd((how) => void crashed(spec.key, node, how))
  runs.set(node, Math.round((performance.timeOrigin + performance.now()) * 1000))
}

/** Nobody is to find its relay where the server is no more. */
async function crashed(key: string, node: MemcachedNode, how: string): Promise<void> {
  nodes.delete(key)
  admissions.delete(key)
  await node.close()
  parentPort?.postMessage({ crashed: key, how } satisfies Crash)
}

/** Listens on the port at every address, or at none. */
async function listenOnAll(node: AnyNode, addresses: readonly string[], port: number): Promise<void> {
  const done: string[] = []
  try {
    for (const host of addresses) {
      await node.listen({ host, port })
      done.push(host)
    }
  } catch (error) {
    for (const host of done) await node.unlisten({ host, port })
    throw error
  }
}

async function countersOf(node: AnyNode): Promise<Omit<NodeCounters, 'worker'>> {
  if (node instanceof MemcachedNode) return node.counters()
  const { connections, items, bytes, memory, ecpus, throttled } = node.report()
  return { pid: null, connections, items, bytes, memoryBytes: memory, ecpus, throttled }
}

async function readings(): Promise<Map<string, Reading>> {
  const servers = [...nodes].flatMap(([key, node]) => (node instanceof MemcachedNode ? [{ key, node }] : []))
  const answers = await Promise.all(
    servers.map(async (server) => ({ ...server, stats: await server.node.statistics() })),
  )
  const ofServers = answers.flatMap(({ key, node, stats }): [string, Reading][] => {
    if (!stats) return []
    const reading = readingOf(stats)
    write(reading, 'run', runs.get(node) ?? 0)
    return [[key, reading]]
  })
  return new Map([...embeddedReadings(), ...ofServers])
}

/** A node has the one core its thread runs on, and shares it with the others there. */
function embeddedReadings(): Map<string, Reading> {
  const counted = [...nodes].flatMap(([key, node]) =>
    node instanceof CacheNode ? [{ key, node, reading: readingOf(node.statistics()) }] : [],
  )
  cpuShares.update(
    new Map(counted.map(({ node, reading }) => [node, read(reading, 'packets_in') + read(reading, 'packets_out')])),
  )
  for (const { node, reading } of counted) {
    write(reading, 'run', runs.get(node) ?? 0)
    write(reading, 'cpu_seconds', cpuShares.secondsOf(node))
    write(reading, 'cpu_cores', 1)
  }
  return new Map(counted.map(({ key, reading }) => [key, reading]))
}

function running(key: string): AnyNode {
  const node = nodes.get(key)
  if (!node) throw new Error(`node ${key} is not running`)
  return node
}

/** Of what only embedded nodes are asked: serverless caches are embedded always. */
function embedded(key: string): CacheNode {
  const node = running(key)
  if (!(node instanceof CacheNode)) throw new Error(`node ${key} is a real server`)
  return node
}

parentPort?.on('message', async ({ request, body }: Request) => {
  const answer = await perform(body).then(
    (value): Answer => ({ request, value }),
    (error: NodeJS.ErrnoException): Answer => ({ request, error: { message: error.message, code: error.code } }),
  )
  parentPort?.postMessage(answer)
})
