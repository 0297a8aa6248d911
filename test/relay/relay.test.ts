import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { CheckKind } from '../../src/relay/check.ts'
import { CONTROL_PATHS, serveControl } from '../../src/relay/control.ts'
import { Relay, type RelayEvent, type RelayOptions } from '../../src/relay/relay.ts'
import { closedPort, hasIPv6Loopback } from '../diagnose/loopback.ts'
import { eventually } from '../support/eventually.ts'

/** A server that does with each connection as told; closed when the test ends. */
async function server(serve: (socket: Socket) => void, port = 0, host = '127.0.0.1') {
  const sockets = new Set<Socket>()
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}))
    serve(socket)
  })
  await new Promise<void>((resolve) => listener.listen({ port, host, ipv6Only: true }, resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      listener.close(() => resolve())
    })
  onTestFinished(close)
  return { port: (listener.address() as AddressInfo).port, sockets, close }
}
const saying = (word: string) => (socket: Socket) => void socket.end(word)
const echo = (socket: Socket) => void socket.pipe(socket)

async function relay(to: RelayOptions['to'], more: Partial<RelayOptions> = {}) {
  const events: RelayEvent[] = []
  const listen = [{ host: '127.0.0.1', port: 0 }]
  const started = await Relay.start({ listen, to, onEvent: (event) => events.push(event), ...more })
  onTestFinished(() => started.close())
  return { relay: started, events, port: started.addresses[0]?.port ?? 0 }
}
const at = (port: number, weight = 1, host = '127.0.0.1') => ({ host, port, weight })

/** Everything until the end; a reset ends it with its code. */
async function read(port: number, send = '', host = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString()
  })
  socket.end(send)
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(`${text}${error.code}`))
    socket.on('close', () => resolve(text))
  })
}
const times = async (count: number, act: () => Promise<string>): Promise<Record<string, number>> => {
  const seen: Record<string, number> = {}
  for (let at = 0; at < count; at++) {
    const word = await act()
    seen[word] = (seen[word] ?? 0) + 1
  }
  return seen
}

describe('bytes', () => {
  test('pass both ways and are counted, with the family of the client', async () => {
    const { port: back } = await server(echo)
    const { relay: own, port } = await relay([at(back)])
    expect(await read(port, 'hello')).toBe('hello')
    await eventually('the connection is over', () => own.report().total.open === 0)
    const carried = { open: 0, total: 1, bytesIn: 5, bytesOut: 5 }
    expect(own.report()).toMatchObject({
      total: carried,
      backends: [carried],
      clients: { ipv4: carried, ipv6: { total: 0 } },
    })
  })

  test.skipIf(!hasIPv6Loopback)('pass from IPv6 to a back end that has IPv4 alone, and the reverse', async () => {
    const [four, six] = [await server(saying('four')), await server(saying('six'), 0, '::1')]
    const up = await relay([at(four.port)], { listen: [{ host: '::1', port: 0 }] })
    expect(await read(up.port, '', '::1')).toBe('four')
    expect(up.relay.report().clients.ipv6.total).toBe(1)
    const down = await relay([at(six.port, 1, '::1')])
    expect(await read(down.port)).toBe('six')
  })

  test('an end of one direction is passed on while the other goes on', async () => {
    const heard: string[] = []
    const { port: back } = await server((socket) => {
      socket.on('data', (chunk) => heard.push(chunk.toString()))
      // The client has said all it has to say, and is answered all the same.
      socket.on('end', () => socket.end(`after the end: ${heard.join('')}`))
    })
    const { port } = await relay([at(back)])
    expect(await read(port, 'question')).toBe('after the end: question')
  })

  test('a back end that ends first still hears what the client has to say', async () => {
    let heard = 0
    const { port: back } = await server((socket) => {
      socket.end('bye')
      socket.on('data', (chunk) => {
        heard += chunk.length
      })
    })
    const { port } = await relay([at(back)])
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).resume()
    await once(client, 'end')
    client.end(Buffer.alloc(300_000))
    await eventually('all has arrived', () => heard === 300_000)
  })

  test('a side that does not read holds the other one up, in both directions', async () => {
    const big = Buffer.alloc(64 * 1024 * 1024)
    const back = await server((socket) => void socket.pause().write(big))
    const { relay: own, port } = await relay([at(back.port)])
    const client = connect({ port, host: '127.0.0.1' }).pause()
    client.on('error', () => {}).write(big)
    onTestFinished(() => void client.destroy())
    let before = -1
    await eventually('nothing moves any more', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      const { bytesIn, bytesOut } = own.report().total
      const stands = bytesIn + bytesOut === before && before > 0
      before = bytesIn + bytesOut
      return stands
    })
    const { bytesIn, bytesOut } = own.report().total
    // What the kernel's and the relay's buffers hold: a small part of it.
    expect(Math.max(bytesIn, bytesOut)).toBeLessThan(big.length / 2)
    client.resume()
    for (const socket of back.sockets) socket.resume()
    await eventually('all has passed', () => {
      const { total } = own.report()
      return total.bytesIn === big.length && total.bytesOut === big.length
    })
  })

  test('a reset is passed on as a reset', async () => {
    const { port: back } = await server((socket) => void socket.once('data', () => socket.resetAndDestroy()))
    const { relay: own, port } = await relay([at(back)])
    const client = connect({ port, host: '127.0.0.1' })
    client.write('x')
    const [error] = await once(client, 'error')
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    await eventually('it is counted', () => own.report().errors.reset === 1)
  })
})

describe('weights', () => {
  test('share connections out exactly, and are shifted while it runs', async () => {
    const [old, fresh] = [await server(saying('old')), await server(saying('new'))]
    const { relay: own, port } = await relay([at(old.port, 80), at(fresh.port, 20)])
    expect(await times(20, () => read(port))).toEqual({ old: 16, new: 4 })
    own.setWeights({ [`127.0.0.1:${old.port}`]: 0, [`127.0.0.1:${fresh.port}`]: 1 })
    expect(await times(5, () => read(port))).toEqual({ new: 5 })
  })

  test('0 leaves open connections alone, and ends them when asked to', async () => {
    const [old, fresh] = [await server(echo), await server(echo)]
    const { relay: own, port } = await relay([at(old.port, 1), at(fresh.port, 0)])
    const client = connect({ port, host: '127.0.0.1' })
    client.write('x')
    await once(client, 'data')
    const name = `127.0.0.1:${old.port}`
    own.setWeights({ [name]: 0, [`127.0.0.1:${fresh.port}`]: 1 })
    client.write('y')
    expect(String(await once(client, 'data'))).toBe('y')
    own.setWeights({ [name]: 0 }, true)
    const [error] = await once(client, 'error')
    expect(error).toMatchObject({ code: 'ECONNRESET' })
  })

  test('that are no weights, or all nothing, change nothing', async () => {
    const { relay: own } = await relay([at(1), at(2)])
    expect(() => own.setWeights({ '127.0.0.1:1': 0, '127.0.0.1:9': 1 })).toThrow('127.0.0.1:9 is no back end')
    expect(() => own.setWeights({ '127.0.0.1:1': -1 })).toThrow('no weight')
    expect(() => own.setWeights({ '127.0.0.1:1': 0, '127.0.0.1:2': 0 })).toThrow('above 0')
    expect(own.report().backends.map(({ weight }) => weight)).toEqual([1, 1])
  })
})

test.each([
  ['an unknown member', { weights: { '127.0.0.1:2': 3 }, cuts: true }, 'unknown parameter cuts. Did you mean cut?'],
  ['no weights', { weights: null }, 'weights are missing'],
  ['no object', null, 'the body is no object'],
])('a change of weights with %s is refused whole', async (_, body, message) => {
  const { relay: own } = await relay([at(1), at(2)])
  const { url, close } = await serveControl(own, 'token')
  onTestFinished(close)
  const headers = { authorization: 'Bearer token' }
  const answer = await fetch(`${url}${CONTROL_PATHS.weights}`, { method: 'POST', headers, body: JSON.stringify(body) })
  expect([answer.status, await answer.json()]).toEqual([400, { message }])
  expect(own.report().backends.map(({ weight }) => weight)).toEqual([1, 1])
})

describe('back ends that fail', () => {
  const check = (kind: CheckKind) => ({ check: { kind, intervalMs: 10, timeoutMs: 500 } })

  test('are taken out, and in again when they are back', async () => {
    const back = await server(saying('a'))
    const other = await server(saying('b'))
    const { relay: own, events, port } = await relay([at(back.port), at(other.port)], check('connect'))
    const up = () => own.report().backends[0]?.up
    await back.close()
    await eventually('it is out', () => up() === false)
    expect(own.report().backends[0]?.reason).toBe('ECONNREFUSED')
    expect(await times(4, () => read(port))).toEqual({ b: 4 })
    await server(saying('a'), back.port)
    await eventually('it is in again', () => up() === true)
    const told = events.flatMap(({ type }) => (type.startsWith('backend') ? [type] : []))
    expect(told).toEqual(['backend-out', 'backend-in'])
    expect(await times(4, () => read(port))).toEqual({ a: 2, b: 2 })
  })

  test('a check by version wants an answer of Memcached', async () => {
    const cache = await server((socket) => void socket.on('data', () => socket.write('VERSION 1.6.22\r\n')))
    const hung = await server(echo)
    const { relay: own } = await relay([at(cache.port), at(hung.port)], check('version'))
    await eventually('it is out', () => own.report().backends[1]?.up === false)
    expect(own.report().backends).toMatchObject([{ up: true }, { reason: 'answers version' }])
  })

  test('a check by ping wants an answer of Redis OSS or Valkey; that a login is asked for is one', async () => {
    const answering = (line: string) => (socket: Socket) => void socket.on('data', () => socket.write(`${line}\r\n`))
    const backs = await Promise.all(
      ['+PONG', '-NOAUTH Authentication required.', '-LOADING'].map((line) => server(answering(line))),
    )
    const { relay: own } = await relay(
      backs.map(({ port }) => at(port)),
      check('ping'),
    )
    await eventually('the last is out', () => own.report().backends[2]?.up === false)
    expect(own.report().backends).toMatchObject([{ up: true }, { up: true }, { reason: 'answers -LOADING' }])
  })

  test('a client is handed to the next one, and reset when none takes it', async () => {
    const back = await server(saying('here'))
    const { relay: own, port } = await relay([at(await closedPort(), 100), at(back.port)])
    expect(await times(3, () => read(port))).toEqual({ here: 3 })
    expect(own.report().backends[0]?.failed).toBe(3)
    const none = await relay([at(await closedPort())])
    expect(await read(none.port)).toBe('ECONNRESET')
    expect(none.relay.report().errors.noBackend).toBe(1)
  })
})
