import { createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askNode } from '../../src/discovery/ask.ts'
import { binaryQuestion, parseBinaryDiscovery } from '../../src/discovery/binary.ts'
import { discoveryPayload } from '../../src/discovery/encode.ts'
import { scriptedServer } from './scripted-server.ts'

const payload = discoveryPayload(7, [{ host: 'a.test', ip: '10.0.0.1', port: 11211 }])

/** A response packet: header, four bytes of flags, value. */
function packet(
  opcode: number,
  status: number,
  value: Buffer = Buffer.alloc(0),
  extras = status === 0 ? 4 : 0,
): Buffer {
  const header = Buffer.alloc(24 + extras)
  header[0] = 0x81
  header[1] = opcode
  header[4] = extras
  header.writeUInt16BE(status, 6)
  header.writeUInt32BE(extras + value.length, 8)
  return Buffer.concat([header, value])
}

/** Answers each packet by its opcode. */
async function binaryServer(answer: (opcode: number, socket: Socket) => Buffer | undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 24 && pending.length >= 24 + pending.readUInt32BE(8)) {
        const reply = answer(pending[1] ?? 0, socket)
        if (reply) socket.write(reply)
        pending = pending.subarray(24 + pending.readUInt32BE(8))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

describe('the binary protocol', () => {
  test('asks with opcode 0x60 and the key cluster, as the AWS clients do', () => {
    expect(binaryQuestion('config').subarray(0, 31).toString('hex')).toBe(
      '806000070000000000000007000000000000000000000000636c7573746572',
    )
    expect(binaryQuestion('legacy')[1]).toBe(0)
  })

  test('reads the list, whatever key and extras come with it', () => {
    const reply = packet(0x60, 0, payload)
    expect(parseBinaryDiscovery(reply)).toMatchObject({ ok: true, form: 'config', version: 7 })
    expect(parseBinaryDiscovery(packet(0x00, 0, payload))).toMatchObject({ form: 'legacy' })
  })

  test('a cut reply is never a list, and asks for more', () => {
    const reply = packet(0x60, 0, payload)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: reply.length - 1 }), (length) => {
        expect(parseBinaryDiscovery(reply.subarray(0, length))).toMatchObject({ ok: false, problem: 'truncated' })
      }),
    )
  })

  test('any bytes are read without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        parseBinaryDiscovery(Buffer.from([0x81, ...bytes]))
        parseBinaryDiscovery(Buffer.from(bytes))
      }),
    )
  })

  test('over a socket gives what the text protocol gives', async () => {
    const port = await binaryServer((opcode) => (opcode === 0x60 ? packet(0x60, 0, payload) : undefined))
    expect(await askNode({ host: '127.0.0.1', port, protocol: 'binary' })).toMatchObject({
      ok: true,
      form: 'config',
      version: 7,
      nodes: [{ host: 'a.test', ip: '10.0.0.1', port: 11211 }],
    })
  })

  test('falls back to the legacy key on a new connection when the opcode is unknown', async () => {
    const sockets = new Set<Socket>()
    const port = await binaryServer((opcode, socket) => {
      sockets.add(socket)
      return opcode === 0x60 ? packet(0x60, 0x81) : opcode === 0 ? packet(0, 0, payload) : undefined
    })
    const answer = await askNode({ host: '127.0.0.1', port, protocol: 'binary' })
    expect(answer).toMatchObject({ ok: true, form: 'legacy', version: 7 })
    expect(sockets.size).toBe(2)
  })

  test('asks for the legacy key alone when told to', async () => {
    const opcodes: number[] = []
    const port = await binaryServer((opcode) => {
      opcodes.push(opcode)
      return packet(opcode, 0, payload)
    })
    await askNode({ host: '127.0.0.1', port, protocol: 'binary', legacy: true })
    expect(opcodes).toEqual([0])
    const text = await scriptedServer(() => 'END\r\n')
    expect(await askNode({ ...text, legacy: true })).toMatchObject({ kind: 'no-discovery' })
    expect(text.heard).toEqual(['get AmazonElastiCache:cluster'])
  })

  test('is not understood by Redis, which says so in a line', async () => {
    const { host, port } = await scriptedServer(() => '-ERR unknown command\r\n')
    expect(await askNode({ host, port, protocol: 'binary' })).toMatchObject({ kind: 'not-a-cache' })
  })
})
