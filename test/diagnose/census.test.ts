import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { arithmetic, countConnections, type Destination, judgeConnections } from '../../src/diagnose/census.ts'
import { askConnectionLoad } from '../../src/diagnose/connection-load.ts'
import { readConnections } from '../../src/diagnose/host-connections.ts'
import type { LocalLimits } from '../../src/diagnose/local-limits.ts'
import type { TcpSocket, TcpState } from '../../src/diagnose/sockets.ts'
import { scriptedServer } from '../discovery/scripted-server.ts'

const NODE: Destination = { role: '0001', host: 'n', address: '10.0.0.7', family: 4, port: 11211 }
const LIMITS: LocalLimits = { portRange: [32_768, 60_999], reservedPorts: 0, sockets: [], java: [] }
const sockets = (count: number, state: TcpState, more: Partial<TcpSocket> = {}): TcpSocket[] =>
  Array.from({ length: count }, (_, at) => ({
    localAddress: '10.0.0.1',
    localPort: 40_000 + at,
    remoteAddress: '10.0.0.7',
    remotePort: 11_211,
    family: 4,
    state,
    uid: 0,
    inode: '1',
    ...more,
  }))
const nobody = () => ({})
const count = (limits: Partial<LocalLimits>) => countConnections([NODE], { ...LIMITS, ...limits }, nobody)[0]

describe('connections to a node', () => {
  test('are counted by state, whoever is on the other side of other sockets', () => {
    const own = [...sockets(3, 'ESTABLISHED'), ...sockets(2, 'TIME-WAIT')]
    const others = [
      ...sockets(5, 'ESTABLISHED', { remotePort: 22 }),
      ...sockets(5, 'LISTEN', { remoteAddress: '0.0.0.0' }),
    ]
    expect(count({ sockets: [...own, ...others] })).toMatchObject({
      total: 5,
      states: { ESTABLISHED: 3, 'TIME-WAIT': 2 },
    })
  })

  test('use ports of their source address, in whatever state; ports outside the range are not of it', () => {
    const own = [
      ...sockets(3, 'ESTABLISHED'),
      ...sockets(4, 'TIME-WAIT', { localAddress: '10.0.0.2' }),
      ...sockets(1, 'ESTABLISHED', { localAddress: '10.0.0.2', localPort: 1024 }),
    ]
    expect(count({ sockets: own })?.ports).toEqual({ source: '10.0.0.2', used: 4, capacity: 28_232 })
    expect(count({ sockets: own, reservedPorts: 32 })?.ports?.capacity).toBe(28_200)
  })

  test('where there is no /proc are not guessed', () => {
    expect(countConnections([NODE], { reservedPorts: 0, sockets: [], java: [] }, nobody)[0]?.ports).toBeUndefined()
    expect(arithmetic({ reservedPorts: 0, sockets: [], java: [] })).toEqual([])
  })

  test('the sum is the guide’s and one more', () => {
    const [ports, node] = arithmetic(LIMITS)
    expect(ports).toContain('60999 - 32768 + 1 = 28232')
    expect(ports).toContain('28231 by the guide')
    expect(node).toContain('3 such source addresses')
    expect(arithmetic({ ...LIMITS, portRange: [40_000, 40_009], reservedPorts: 2 })[0]).toContain('- 2 reserved = 8 ')
  })
})

describe('what is used up', () => {
  const judge = (held: TcpSocket[], limits: Partial<LocalLimits> = {}) => {
    const all = { ...LIMITS, ...limits, sockets: held }
    return judgeConnections(countConnections([NODE], all, nobody), [], all).map(
      ({ id, severity }) => `${id} ${severity}`,
    )
  }

  test('is nothing on a quiet host', () => {
    expect(judge([...sockets(300, 'ESTABLISHED'), ...sockets(40, 'TIME-WAIT')])).toEqual([])
  })

  test('ports, nearly and wholly', () => {
    const range = { portRange: [40_000, 40_009] as const }
    expect(judge(sockets(8, 'ESTABLISHED'), range)).toEqual(['L01 warning'])
    expect(judge(sockets(10, 'ESTABLISHED'), range)).toEqual(['L01 failure'])
  })

  test('a connection for every request, and connections nobody closes', () => {
    expect(judge(sockets(3000, 'TIME-WAIT'))).toEqual(['L04 warning'])
    expect(judge(sockets(20, 'CLOSE-WAIT'))).toEqual(['L05 warning'])
  })

  test('tracked connections, files of a process, and room in a node', () => {
    const all = { ...LIMITS, conntrack: { count: 95, max: 100 } }
    const full = { ...NODE, total: 0, states: {}, holders: [], load: { connections: 60_000, maxConnections: 65_000 } }
    const process = {
      pid: 7,
      name: 'php',
      user: 'www',
      connections: 1,
      openFiles: { used: 1000, soft: 1024, hard: 4096 },
    }
    expect(judgeConnections([full], [process], all).map(({ id }) => id)).toEqual(['L03', 'L06', 'L07'])
  })
})

describe.skipIf(process.platform !== 'linux')('on this host', () => {
  test('a connection is found by state and process, also one of a dual-stack socket', async () => {
    const server = createServer((socket: Socket) => void socket.on('error', () => {}).resume())
    await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const clients = ['127.0.0.1', '::ffff:127.0.0.1'].map((host) => connect({ host, port }))
    onTestFinished(() => clients.forEach((each) => void each.destroy()))
    await Promise.all(clients.map((each) => once(each, 'connect')))
    const place: Destination = { role: 'given', host: 'localhost', address: '127.0.0.1', family: 4, port }
    const seen = await readConnections([place], { tlsOf: () => false, timeoutMs: 50 })
    expect(seen.destinations).toMatchObject([
      { total: 2, states: { ESTABLISHED: 2 }, holders: [{ pid: process.pid, connections: 2 }], ports: { used: 2 } },
    ])
    expect(seen.destinations[0]?.loadProblem).toBe('connected, but the command is not answered')
    expect(seen.processes).toMatchObject([
      { pid: process.pid, connections: 2, openFiles: { used: expect.any(Number) } },
    ])
    expect(seen.limits.portCapacity).toBeGreaterThan(0)
  })
})

test('a node tells how many clients it has and takes; what is no Memcached tells nothing', async () => {
  const stats = 'STAT max_connections 65000\r\nSTAT curr_connections 8\r\nSTAT rejected_connections 2\r\nEND\r\n'
  const node = await scriptedServer((line) => (line === 'stats' ? stats : line === 'quit' ? null : 'ERROR\r\n'))
  const ask = (port: number) => askConnectionLoad({ address: '127.0.0.1', host: 'n', port, tls: false, timeoutMs: 300 })
  expect(await ask(node.port)).toEqual({ connections: 8, maxConnections: 65_000, rejected: 2 })
  expect(node.heard).toEqual(['stats', 'quit'])
  const other = await scriptedServer(() => 'HTTP/1.1 400 Bad Request\r\n')
  expect(await ask(other.port)).toEqual({ problem: 'it tells no numbers of connections' })
})

describe('a node of Redis OSS or Valkey', () => {
  const info = (text: string) => `$${text.length}\r\n${text}\r\n`
  const clients = info('# Clients\r\nconnected_clients:7\r\nmaxclients:65000\r\n')
  const stats = info('# Stats\r\nrejected_connections:2\r\n')
  const ask = (port: number, more = {}) =>
    askConnectionLoad({ address: '127.0.0.1', host: 'n', port, tls: false, timeoutMs: 3000, ...more })
  test('is asked in its own words, also where it is not known to be one', async () => {
    // Commands in RESP are heard line by line: the last word of each is answered.
    const server = await scriptedServer((line) => {
      if (/^quit$/i.test(line)) return null
      return { clients, stats: server.heard.includes('quit') ? stats : "-ERR unknown command 'stats'\r\n" }[line]
    })
    expect(await ask(server.port)).toEqual({ connections: 7, maxConnections: 65_000, rejected: 2 })
  })

  test('that wants a login is told of with the code of its refusal', async () => {
    const { port } = await scriptedServer((line) =>
      line === 'QUIT' ? null : { clients: '-NOAUTH Authentication required.\r\n' }[line],
    )
    expect(await ask(port, { speaks: 'resp' })).toEqual({ problem: 'it refuses to tell: NOAUTH', refusal: 'NOAUTH' })
  })
})
