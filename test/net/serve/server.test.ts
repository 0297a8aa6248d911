import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Connection, Protocol, Talker } from '../../../src/net/serve/connection.ts'
import type { Transit } from '../../../src/net/serve/listener.ts'
import { Server, type ServerOptions } from '../../../src/net/serve/server.ts'
import { SocketCounters } from '../../../src/net/serve/socket-counters.ts'
import { WriteQueue } from '../../../src/net/serve/write-queue.ts'
import { CERTIFICATE_ONE, CERTIFICATE_TWO } from '../../memcached/support/certificates.ts'

/** A protocol of lines: `say <text>`, `repeat <times> <text>`, `bye`. Whoever says anything else is hung up on. */
class LineTalker implements Talker {
  readonly #connection: Connection
  readonly #replies: WriteQueue

  constructor(connection: Connection, replies: WriteQueue) {
    this.#connection = connection
    this.#replies = replies
  }

  consume(bytes: Buffer, end: number): number {
    let at = 0
    for (let served = 1; at < end && !this.#connection.closing && !this.#connection.congested; served++) {
      const newline = bytes.indexOf('\n', at)
      if (newline < 0 || newline >= end) break
      const [verb, first = '', ...rest] = bytes.toString('latin1', at, newline).split(' ')
      if (verb === 'say') this.#replies.line([first, ...rest].join(' '))
      else if (verb === 'repeat') this.#replies.line(rest.join(' ').repeat(Number(first)))
      else if (verb === 'bye') this.#connection.closing = true
      else this.#connection.breakOff()
      at = newline + 1
      if (served % 20 === 0 && this.#connection.giveWay(20)) break
    }
    return at
  }

  served(): void {}
  ended(): void {}
}

class Lines implements Protocol {
  readonly replies = new WriteQueue()
  readonly counters = new SocketCounters()
  readonly connections = new Set<Connection>()
  talk(connection: Connection): Talker {
    return new LineTalker(connection, this.replies)
  }
}

interface Started {
  readonly server: Server<Talker>
  readonly protocol: Lines
  readonly port: number
}

const BUDGET = { most: 100, wait: false, refusal: Buffer.from('full\r\n'), places: undefined }

async function start(options: Partial<ServerOptions> = {}, transit: Transit = 'either'): Promise<Started> {
  const protocol = new Lines()
  const server = new Server(protocol, {
    tls: CERTIFICATE_ONE,
    backlog: 16,
    admits: () => true,
    budget: BUDGET,
    ...options,
  })
  onTestFinished(() => server.close())
  const { port } = await server.door.listen({ host: '127.0.0.1', port: 0 }, transit)
  return { server, protocol, port }
}

/** A client that writes down what it hears. */
class Listening {
  heard = ''
  readonly socket: net.Socket
  readonly closed: Promise<string>

  constructor(socket: net.Socket) {
    this.socket = socket
    let end: string = 'close'
    socket.on('data', (bytes: Buffer) => {
      this.heard += bytes.toString('latin1')
    })
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      end = code
    })
    this.closed = new Promise((resolve) => socket.on('close', () => resolve(end)))
    onTestFinished(() => void socket.destroy())
  }

  /** Says it, and waits until all that was heard is `wanted`. */
  async ask(words: string, wanted: string): Promise<void> {
    this.socket.write(words)
    await this.hears(wanted)
  }

  async hears(wanted: string): Promise<void> {
    await expect.poll(() => this.heard.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(wanted.length)
    expect(this.heard === wanted).toBe(true)
  }
}

const plain = (port: number, host = '127.0.0.1') => new Listening(net.connect({ port, host }))
const secure = (port: number, ca = CERTIFICATE_ONE.cert) =>
  new Listening(tls.connect({ port, host: '127.0.0.1', ca, checkServerIdentity: () => undefined }))

/** One that has been served. */
async function served(port: number, connect = plain): Promise<Listening> {
  const client = connect(port)
  await client.ask('say here\n', 'here\r\n')
  client.heard = ''
  return client
}

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const server = net.createServer().once('error', () => resolve(false))
  server.listen(0, '::1', () => server.close(() => resolve(true)))
})

describe('a made-up protocol stands on a server', () => {
  test.each(['plain', 'either'] as const)('on a port where it is spoken in plain text: %s', async (transit) => {
    const { port, protocol } = await start({}, transit)
    await plain(port).ask('say one\nrepeat 3 ab\n', 'one\r\nababab\r\n')
    expect(protocol.counters).toMatchObject({ totalConnections: 1, acceptedIpv4: 1, bytesRead: 20 })
  })

  test.each(['tls', 'either'] as const)('on a port where it is spoken in TLS: %s', async (transit) => {
    const { port } = await start({}, transit)
    await secure(port).ask('say one\nrepeat 3 ab\n', 'one\r\nababab\r\n')
  })

  test('with a client of each kind on one port', async () => {
    const { port, protocol } = await start()
    const clients = [plain(port), secure(port), plain(port), secure(port)]
    await Promise.all(clients.map((client, id) => client.ask(`say ${id}\n`, `${id}\r\n`)))
    expect(protocol.connections.size).toBe(4)
  })

  test('and on a port of its own for each', async () => {
    const { port, server } = await start({}, 'tls')
    const own = await server.door.listen({ host: '127.0.0.1', port: 0 }, 'plain')
    await secure(port).ask('say a\n', 'a\r\n')
    await plain(own.port).ask('say b\n', 'b\r\n')
    expect(server.door.addresses.map((each) => each.port)).toEqual([port, own.port])
  })

  test.skipIf(!hasIpv6)('for both families', async () => {
    const { port, server, protocol } = await start()
    await server.door.listen({ host: '::1', port }, 'either')
    await plain(port, '::1').ask('say six\n', 'six\r\n')
    await plain(port).ask('say four\n', 'four\r\n')
    expect(protocol.counters).toMatchObject({ acceptedIpv4: 1, acceptedIpv6: 1 })
  })

  test('whatever pieces its requests come in', async () => {
    const { port } = await start()
    const client = plain(port)
    client.socket.setNoDelay(true)
    for (const letter of 'say slowly\nsay all of it\nsa') {
      await new Promise<void>((resolve) => client.socket.write(letter, () => resolve()))
    }
    await client.ask('y done\n', 'slowly\r\nall of it\r\ndone\r\n')
  })

  test('and hangs up as its talker wants', async () => {
    const { port } = await start()
    const [leaver, stranger] = [plain(port), plain(port)]
    leaver.socket.write('say last words\nbye\nsay unheard\n')
    stranger.socket.write('say before\nGET / HTTP/1.1\nsay unheard\n')
    expect(await leaver.closed).toBe('close')
    await stranger.closed
    expect([leaver.heard, stranger.heard]).toEqual(['last words\r\n', 'before\r\n'])
  })

  test('with a renewed certificate for those who come later', async () => {
    const { port, server } = await start()
    server.door.renewCertificate(CERTIFICATE_TWO)
    await secure(port, CERTIFICATE_TWO.cert).ask('say renewed\n', 'renewed\r\n')
  })

  test('to many at once, in turns', async () => {
    const { port } = await start()
    const clients = Array.from({ length: 30 }, (_, id) => (id % 5 === 0 ? secure(port) : plain(port)))
    await Promise.all(
      clients.map((client, id) => {
        const words = Array.from({ length: 500 }, (_, i) => `${id}-${i}`)
        return client.ask(words.map((word) => `say ${word}\n`).join(''), words.map((word) => `${word}\r\n`).join(''))
      }),
    )
  })
})

describe('a client that does not read', () => {
  test.each([
    ['plain text', plain],
    ['TLS', secure],
  ])('gets whole replies in order once it does, over %s', async (_, connect) => {
    const { port, protocol } = await start()
    const client = await served(port, connect)
    client.socket.pause()
    const rows = Array.from({ length: 400 }, (_, i) => ({
      times: 20_000 + i,
      letter: String.fromCharCode(97 + (i % 26)),
    }))
    client.socket.write(rows.map(({ times, letter }) => `repeat ${times} ${letter}\n`).join(''))
    const [connection] = protocol.connections
    await expect.poll(() => connection?.congested).toBe(true)
    const other = await served(port)
    await other.ask('say not held up\n', 'not held up\r\n')
    client.socket.resume()
    await client.hears(rows.map(({ times, letter }) => `${letter.repeat(times)}\r\n`).join(''))
  })
})

describe('who may connect', () => {
  test('is asked before a byte is read; others are reset', async () => {
    const ports: (number | undefined)[] = []
    const { port, protocol } = await start({
      admits: ({ localPort }) => {
        ports.push(localPort)
        return false
      },
    })
    const client = plain(port)
    client.socket.write('say anything\n')
    expect(await client.closed).toBe('ECONNRESET')
    expect([client.heard, ports, protocol.counters.totalConnections]).toEqual(['', [port], 0])
  })
})

describe('the budget of connections', () => {
  test('refuses those beyond it, in the words it was given', async () => {
    const { port, protocol } = await start({ budget: { ...BUDGET, most: 1 } })
    await served(port)
    const second = plain(port)
    second.socket.write('say anything\n')
    await second.closed
    expect(protocol.counters).toMatchObject({ rejectedConnections: 1, totalConnections: 1 })
  })

  test('or lets them wait for others to leave', async () => {
    const { port, protocol } = await start({ budget: { ...BUDGET, most: 1, wait: true } })
    const first = await served(port)
    const second = plain(port)
    second.socket.write('say at last\n')
    await expect.poll(() => protocol.counters.acceptingPaused).toBe(1)
    first.socket.destroy()
    await second.hears('at last\r\n')
  })

  test('gives back the places that servers share', async () => {
    let free = 1
    const places = { take: () => free > 0 && free-- > 0, give: () => void free++ }
    const { port } = await start({ budget: { ...BUDGET, places } }, 'plain')
    const first = await served(port)
    const refused = plain(port)
    await refused.hears('full\r\n')
    first.socket.destroy()
    await expect.poll(() => free).toBe(1)
    await served(port)
  })
})

describe('a server made to suffer', () => {
  const WELL = { silent: [], reset: [], delayMs: 0, bytesPerSecond: 0 }

  test('hangs, and serves what waited once it is well', async () => {
    const { port, server } = await start()
    const there = await served(port)
    server.door.impair({ ...WELL, silent: ['IPv4'] })
    const [later, safe] = [plain(port), secure(port)]
    for (const client of [there, later, safe]) client.socket.write('say heard\n')
    await new Promise<void>((resolve) => later.socket.once('connect', resolve))
    expect([there.heard, later.heard]).toEqual(['', ''])
    server.door.impair(null)
    for (const client of [there, later, safe]) await client.hears('heard\r\n')
  })

  test('resets connections there are and those to come', async () => {
    const { port, server } = await start()
    const there = await served(port)
    server.door.impair({ ...WELL, reset: ['IPv4'] })
    expect(await there.closed).toBe('ECONNRESET')
    expect(await plain(port).closed).toBe('ECONNRESET')
  })

  test('leaves the other family alone', async () => {
    const { port, server } = await start()
    server.door.impair({ ...WELL, reset: ['IPv6'], silent: ['IPv6'] })
    await served(port)
  })

  test.each([
    ['is late', { delayMs: 50 }],
    ['is slow', { bytesPerSecond: 20_000 }],
  ])('answers whole and in order when it %s', async (_, ill) => {
    const { port, server } = await start()
    const clients = [await served(port), await served(port, secure)]
    server.door.impair({ ...WELL, ...ill })
    const begun = performance.now()
    await Promise.all(clients.map((client) => client.ask('repeat 2000 a\nsay b\n', `${'a'.repeat(2000)}\r\nb\r\n`)))
    expect(performance.now() - begun).toBeGreaterThanOrEqual(49)
  })
})

describe('a server that stops', () => {
  test('ends all that is connected, whatever it is in the middle of, and frees its port', async () => {
    const { port, server, protocol } = await start({ budget: { ...BUDGET, most: 3, wait: true } })
    const clients = [await served(port), await served(port, secure), await served(port)]
    const waiting = plain(port)
    waiting.socket.write('say anything\n')
    await expect.poll(() => protocol.counters.acceptingPaused).toBe(1)
    const silent = plain(port)
    const greeting = plain(port)
    greeting.socket.write(Buffer.of(0x16, 3, 1, 2, 0)) // the head of a record whose rest never comes
    await Promise.all([silent, greeting].map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))))
    // Behind them in the backlog: they have been accepted when it has been.
    await new Promise<void>((resolve) =>
      net
        .connect(port, '127.0.0.1')
        .on('connect', resolve)
        .on('error', () => undefined),
    )
    await server.close()
    await Promise.all([...clients, waiting, silent, greeting].map(({ closed }) => closed))
    expect(protocol.connections.size).toBe(0)
    const again = await start()
    await again.server.door.listen({ host: '127.0.0.1', port }, 'plain')
  })

  test('keeps its connections when it only leaves a port', async () => {
    const { port, server } = await start()
    const client = await served(port)
    server.door.unlisten({ host: '127.0.0.1', port })
    await client.ask('say still here\n', 'still here\r\n')
    expect(await plain(port).closed).toBe('ECONNREFUSED')
  })
})

test('a client that waits for the first word on a port of both kinds is a plain one after a while', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { port, protocol } = await start()
  const silent = plain(port)
  await vi.waitUntil(() => vi.getTimerCount() > 0)
  expect(protocol.connections.size).toBe(0)
  vi.advanceTimersByTime(10_000)
  expect(protocol.connections.size).toBe(1)
  vi.useRealTimers()
  await silent.ask('say served\n', 'served\r\n')
})
