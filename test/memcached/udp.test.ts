import dgram from 'node:dgram'
import { expect, it, onTestFinished } from 'vitest'
import { startNode } from './support/node.ts'

/** Sends a request, and answers the payloads of all datagrams that come back for it, in order. */
async function ask(port: number, id: number, request: string | Buffer, count = 1): Promise<string[]> {
  const socket = dgram.createSocket('udp4')
  onTestFinished(() => void socket.close())
  const header = Buffer.from([id >> 8, id & 255, 0, 0, 0, count, 0, 0])
  const parts: string[] = []
  const all = new Promise<void>((resolve) => {
    socket.on('message', (datagram) => {
      expect(datagram.length).toBeLessThanOrEqual(1400)
      expect(datagram.readUInt16BE(0)).toBe(id)
      expect(datagram.readUInt16BE(6)).toBe(0)
      parts[datagram.readUInt16BE(2)] = datagram.toString('latin1', 8)
      if (Object.keys(parts).length === datagram.readUInt16BE(4)) resolve()
    })
  })
  socket.send([header, Buffer.from(request)], port, '127.0.0.1')
  await all
  return parts
}

it('serves whole requests in datagrams beside the connections, with long answers in several', async () => {
  const { node, client } = await startNode({ requestsPerEvent: 1 })
  const { port } = await node.listenUdp({ host: '127.0.0.1', port: 0 })
  expect(await ask(port, 161, 'set a 0 0 3\r\nabc\r\nget a\r\n')).toEqual(['STORED\r\nVALUE a 0 3\r\nabc\r\nEND\r\n'])
  const value = 'v'.repeat(20_000)
  await client.ask(`set big 0 0 20000\r\n${value}\r\n`)
  const parts = await ask(port, 65_535, 'get big\r\n')
  expect(parts).toHaveLength(15)
  expect(parts.join('')).toBe(`VALUE big 0 20000\r\n${value}\r\nEND\r\n`)
  const noop = Buffer.from('800a00000000000000000000deadbeef0000000000000000', 'hex')
  expect((await ask(port, 2, noop))[0]).toHaveLength(24)
  expect(await client.ask('stats conns\r\n')).toContain(`udp:127.0.0.1:${port}\r\n`)
  expect(await client.ask('stats settings\r\n')).toContain(`STAT udpport ${port}\r\n`)
})

it('serves any number of requests in one datagram while there are other clients', async () => {
  const { node, connect } = await startNode({ requestsPerEvent: 1 })
  await connect()
  const { port } = await node.listenUdp({ host: '127.0.0.1', port: 0 })
  expect((await ask(port, 1, 'mn\r\n'.repeat(3_000))).join('')).toBe('MN\r\n'.repeat(3_000))
})

it('keeps nothing of a datagram that stops short, asks to watch, or is one of several', async () => {
  const { node, client } = await startNode()
  const { port } = await node.listenUdp({ host: '127.0.0.1', port: 0 })
  expect(await ask(port, 1, 'mn\r\nset half 0 0 100\r\nabc')).toEqual(['MN\r\n'])
  expect(await ask(port, 2, 'watch\r\n')).toEqual(['OK\r\n'])
  expect(await ask(port, 3, 'get a\r\n', 2)).toEqual(['SERVER_ERROR multi-packet request not supported\r\n'])
  const stats = await client.ask('stats\r\nstats slabs\r\n')
  expect(stats).toContain('STAT log_watchers 0\r\n')
  expect(stats).toMatch(/STAT \d+:used_chunks 0\r\n/)
})
