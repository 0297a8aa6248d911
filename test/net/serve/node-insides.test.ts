import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CacheNode } from '../../../src/memcached/server.ts'
import { provenInsides, tryInsides, tryTls } from '../../../src/net/serve/insides-probe.ts'
import { mayUseInsides } from '../../../src/net/serve/node-insides.ts'
import { ask } from '../../support/raw.ts'

const SOON_MS = 300

/** Changes what the handles of TCP sockets have, as a release of Node might, and those of pipes keep. */
function changeHandles(socket: net.Socket, member: string, to: unknown): void {
  const prototype = Object.getPrototypeOf(Reflect.get(socket, '_handle')) as Record<string, unknown>
  if (Object.hasOwn(prototype, member)) throw new Error(`${member} would be lost`)
  prototype[member] = to
  onTestFinished(() => void delete prototype[member])
}

async function plainSocket(): Promise<net.Socket> {
  const server = net.createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

test('what the tests run with is what the environment says', async () => {
  const { rewrap, shareReads, directWrites } = await provenInsides(true)
  const used = [rewrap, shareReads, directWrites].map((each) => each !== undefined)
  expect(used).toEqual([mayUseInsides(), mayUseInsides(), mayUseInsides()])
})

describe('on this Node every trial', () => {
  test('of plain connections passes', async () => {
    const { rewrap, directWrites } = await tryInsides()
    expect([rewrap, directWrites].map((each) => typeof each)).toEqual(['function', 'function'])
  })

  test('of TLS connections passes', async () => {
    expect(await tryTls()).toBeTypeOf('function')
  })
})

describe('a Node whose insides are others is found out', () => {
  test.each([
    [
      'throws',
      () => {
        throw new TypeError('not as before')
      },
    ],
    ['answers nothing', () => undefined],
    ['answers an object that is no request', () => Object.freeze({})],
    ['answers that it has written, and has not', () => 0],
    ['answers an error', () => -32],
  ])('when a write %s', async (_, writeBuffer) => {
    changeHandles(await plainSocket(), 'writeBuffer', writeBuffer)
    expect((await tryInsides(SOON_MS)).directWrites).toBeUndefined()
  })

  test.each([
    [
      'throws',
      () => {
        throw new TypeError('not as before')
      },
    ],
    ['is ignored', () => undefined],
  ])('when a buffer to read into %s', async (_, useUserBuffer) => {
    changeHandles(await plainSocket(), 'useUserBuffer', useUserBuffer)
    const { rewrap, directWrites } = await tryInsides(SOON_MS)
    expect(rewrap).toBeUndefined()
    expect(directWrites).toBeTypeOf('function')
  })

  test('when a TLS socket keeps its buffer elsewhere', async () => {
    const { getOwnPropertySymbols } = Object
    Object.getOwnPropertySymbols = (of) => (of instanceof tls.TLSSocket ? [] : getOwnPropertySymbols(of))
    onTestFinished(() => void Object.assign(Object, { getOwnPropertySymbols }))
    expect(await tryTls(SOON_MS)).toBeUndefined()
  })
})

test('a write that goes on keeps its request to itself, even when the queue looks empty', async () => {
  const { directWrites } = await tryInsides()
  const socket = await plainSocket()
  const prototype = Object.getPrototypeOf(Reflect.get(socket, '_handle')) as object
  Object.defineProperty(prototype, 'writeQueueSize', { get: () => 0, configurable: true })
  onTestFinished(() => void Reflect.deleteProperty(prototype, 'writeQueueSize'))
  const writes = directWrites?.(socket, () => undefined)
  // Nobody reads at the other end: some of it is more than the system takes.
  for (let pieces = 0; pieces < 4; pieces++) expect(writes?.write(Buffer.alloc(32 << 20))).toBe(true)
  expect(writes?.pending).toBeGreaterThan(0)
})

test('a node serves by documented means where insides are forbidden', async () => {
  vi.stubEnv('CACHECTL_NODE_INSIDES', 'off')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { rewrap, shareReads, directWrites } = await provenInsides(true)
  expect([rewrap, shareReads, directWrites]).toEqual([undefined, undefined, undefined])
  const node = new CacheNode({ engineVersion: '1.6.22', memoryLimit: 4 << 20 })
  onTestFinished(() => node.close())
  const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
  expect(await ask(port, 'set a 0 0 1\r\nx\r\nget a\r\n', 'END\r\n')).toBe('STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
})
