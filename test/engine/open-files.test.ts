import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { connectionLimit } from '../../src/engine/nodes/connection-places.ts'
import { EmbeddedRuntime } from '../../src/engine/nodes/embedded.ts'
import { eventually } from '../support/eventually.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { ownPorts } from '../support/own-ports.ts'

const workerFile = new URL('../../dist/node-worker.js', import.meta.url)
let nextPort = 0

beforeAll(async () => {
  nextPort = await ownPorts()
})

const REFUSED = 'ERROR Too many open connections\r\n'

/** Two nodes of one cluster, and a limit of files that leaves eight connections for both. */
async function startNodes(): Promise<{ runtime: EmbeddedRuntime; ports: readonly number[] }> {
  const runtime = new EmbeddedRuntime(workerFile, 108)
  onTestFinished(() => runtime.close())
  const ports = [nextPort++, nextPort++]
  for (const port of ports) await startNode(runtime, port)
  return { runtime, ports }
}

const startNode = (runtime: EmbeddedRuntime, port: number): Promise<void> =>
  runtime.start({
    key: `us-west-2/shop/${port}`,
    cluster: 'us-west-2/shop',
    incarnation: 1,
    addresses: ['127.0.0.1'],
    port,
    engineVersion: '1.6.22',
    memoryLimit: 1 << 23,
    threads: 1,
    program: 'embedded-memcached',
    options: {},
    live: { watchEnabled: true },
    tls: null,
    ingress: [{ cidr: '127.0.0.0/8', ports: null }],
  })

async function connect(port: number): Promise<{ client: MemcachedClient; answer: string }> {
  const client = await MemcachedClient.connect(port)
  onTestFinished(() => client.close())
  client.send('version\r\n')
  return { client, answer: await client.until('a line', (text) => text.indexOf('\n') + 1 || -1) }
}

describe('the limit of open files', () => {
  it('leaves a hundred to the engine, and nobody without a connection', () => {
    expect(connectionLimit(1024)).toBe(924)
    expect(connectionLimit(50)).toBe(1)
    expect(connectionLimit(undefined)).toBeUndefined()
  })

  it('is told to clients of all nodes alike, and holds nobody off once others have left', async () => {
    const { runtime, ports } = await startNodes()
    expect(runtime.connectionLimit).toBe(8)
    const served: MemcachedClient[] = []
    for (let i = 0; i < 8; i++) {
      const { client, answer } = await connect(ports[i % 2] ?? 0)
      expect(answer).toBe('VERSION 1.6.22\r\n')
      served.push(client)
    }
    for (const port of ports) expect((await connect(port)).answer).toBe(REFUSED)
    for (const client of served.splice(0, 4)) client.close()
    await eventually('the places are free', async () => (await connect(ports[0] ?? 0)).answer.startsWith('VERSION'))
    for (const client of served) expect(await client.ask('mn\r\n')).toBe('MN\r\n')
  })

  it('counts no connections of a thread that has ended', async () => {
    const posts = vi.spyOn(Worker.prototype, 'postMessage')
    onTestFinished(() => posts.mockRestore())
    const { runtime, ports } = await startNodes()
    for (let i = 0; i < 8; i++) await connect(ports[i % 2] ?? 0)
    for (const worker of new Set(posts.mock.contexts as Worker[])) await worker.terminate()
    const port = nextPort++
    await startNode(runtime, port)
    for (let i = 0; i < 8; i++) expect((await connect(port)).answer).toBe('VERSION 1.6.22\r\n')
  })
})
