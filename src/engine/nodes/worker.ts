/** A worker thread that runs cache nodes; the other end of embedded.ts. */
import { parentPort } from 'node:worker_threads'
import { CacheNode } from '../../memcached/server.ts'
import type { NodeCounters, NodeSpec } from './runtime.ts'

export interface Request {
  readonly request: number
  readonly body:
    | { readonly do: 'start'; readonly spec: NodeSpec }
    | { readonly do: 'stop'; readonly key: string }
    | { readonly do: 'announce'; readonly key: string; readonly payload: Uint8Array }
    | {
        readonly do: 'attach' | 'detach'
        readonly key: string
        readonly addresses: readonly string[]
        readonly port: number
      }
    | { readonly do: 'counters' }
}

export interface Answer {
  readonly request: number
  readonly value?: unknown
  readonly error?: { readonly message: string; readonly code?: string | undefined }
}

const nodes = new Map<string, CacheNode>()

async function perform(body: Request['body']): Promise<unknown> {
  switch (body.do) {
    case 'start':
      return start(body.spec)
    case 'stop':
      await nodes.get(body.key)?.close()
      nodes.delete(body.key)
      return
    case 'announce':
      return running(body.key).announce(Buffer.from(body.payload))
    case 'attach':
      return listenOnAll(running(body.key), body.addresses, body.port)
    case 'detach':
      for (const host of body.addresses) await running(body.key).unlisten({ host, port: body.port })
      return
    case 'counters':
      return Object.fromEntries([...nodes].map(([key, node]) => [key, countersOf(node)]))
  }
}

async function start(spec: NodeSpec): Promise<void> {
  const node = new CacheNode({
    engineVersion: spec.engineVersion,
    memoryLimit: spec.memoryLimit,
    threads: spec.threads,
    ...(spec.tls && { tls: spec.tls }),
  })
  try {
    await listenOnAll(node, spec.addresses, spec.port)
  } catch (error) {
    await node.close()
    throw error
  }
  nodes.set(spec.key, node)
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
  const { connections, items, bytes, memory } = node.report()
  return { connections, items, bytes, memoryBytes: memory }
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
