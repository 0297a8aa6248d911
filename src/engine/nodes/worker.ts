/** A worker thread that runs cache nodes; the other end of embedded.ts. */
import { parentPort } from 'node:worker_threads'
import type { Impairment } from '../../memcached/impairment.ts'
import { CacheNode } from '../../memcached/server.ts'
import { SERVERLESS } from '../../memcached/serverless.ts'
import { type Reading, read, readingOf, write } from '../metrics/readings.ts'
import { CpuShares } from './cpu-shares.ts'
import { type Admission, admissionOf, type IngressRule } from './ingress.ts'
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

const nodes = new Map<string, CacheNode>()
const cpuShares = new CpuShares()
/** When each node started, microseconds since 1970: no two runs of a node have the same. */
const runs = new WeakMap<CacheNode, number>()
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
      return running(body.key).limit(body.limits)
    case 'dump': {
      const node = running(body.key)
      writeSnapshot(body.file, node.dump())
      return node.report().bytes
    }
    case 'restore': {
      const loader = running(body.key).loader()
      await readSnapshot(body.file, (piece) => loader.take(piece))
      return loader.end()
    }
    case 'counters':
      return Object.fromEntries([...nodes].map(([key, node]) => [key, countersOf(node)]))
    case 'readings':
      return readings()
  }
}

async function start(spec: NodeSpec): Promise<void> {
  const node = new CacheNode({
    ...spec.options,
    engineVersion: spec.engineVersion,
    memoryLimit: spec.memoryLimit,
    threads: spec.threads,
    ...(spec.tls && { tls: spec.tls }),
    ...(spec.serverless && { ...SERVERLESS, ...spec.serverless }),
    admits: ({ remoteAddress, localPort }) => admissions.get(spec.key)?.(remoteAddress, localPort) ?? false,
  })
  admissions.set(spec.key, admissionOf(spec.ingress))
  try {
    await listenOnAll(node, spec.addresses, spec.port)
  } catch (error) {
    await node.close()
    throw error
  }
  nodes.set(spec.key, node)
  runs.set(node, Math.round((performance.timeOrigin + performance.now()) * 1000))
}

/** Listens on the port at every address, or at none. */
async function listenOnAll(node: CacheNode, addresses: readonly string[], port: number): Promise<void> {
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

function countersOf(node: CacheNode): Omit<NodeCounters, 'worker'> {
  const { connections, items, bytes, memory, ecpus, throttled } = node.report()
  return { connections, items, bytes, memoryBytes: memory, ecpus, throttled }
}

/** A node has the one core its thread runs on, and shares it with the others there. */
function readings(): Map<string, Reading> {
  const counted = [...nodes].map(([key, node]) => ({ key, node, reading: readingOf(node.statistics()) }))
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

function running(key: string): CacheNode {
  const node = nodes.get(key)
  if (!node) throw new Error(`node ${key} is not running`)
  return node
}

parentPort?.on('message', async ({ request, body }: Request) => {
  const answer = await perform(body).then(
    (value): Answer => ({ request, value }),
    (error: NodeJS.ErrnoException): Answer => ({ request, error: { message: error.message, code: error.code } }),
  )
  parentPort?.postMessage(answer)
})
