import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MIB, startNode } from './support/node.ts'
import { header, type Reply, replies, request } from './support/packets.ts'

const GET = 0x00
const SET = 0x01
const DELETE = 0x04
const INCREMENT = 0x05
const NOOP = 0x0a
const VERSION = 0x0b
const SETQ = 0x11
const QUITQ = 0x17
const CONFIG_SET = 0x64

/** All that comes back for a conversation: quit ends it, or the node does. */
async function converse(bytes: string): Promise<string> {
  const { client } = await startNode()
  client.send(bytes)
  return client.untilClosed()
}

describe('a text command', () => {
  const cases: [what: string, said: string, answer: string][] = [
    ['ends with LF as well as with CR LF', 'version\nversion\r\nquit\n', 'VERSION 1.6.12\r\nVERSION 1.6.12\r\n'],
    ['may be an empty line', '\r\n\nversion\r\nquit\r\n', 'ERROR\r\nERROR\r\nVERSION 1.6.12\r\n'],
    ['may have spaces before it', '   version\r\nquit\r\n', 'VERSION 1.6.12\r\n'],
    ['ends at its first NUL', 'version\0 nonsense\r\nquit\r\n', 'VERSION 1.6.12\r\n'],
    [
      'ends at a NUL of a value that came before it not at all',
      'set a 0 0 1\r\n\0\r\nget a\r\nquit\r\n',
      'STORED\r\nVALUE a 0 1\r\n\0\r\nEND\r\n',
    ],
    ['has a CR as part of it where no LF follows', 'get a\rb\r\nversion\r\nquit\r\n', 'END\r\nVERSION 1.6.12\r\n'],
    ['with too few words is none', 'set a 0 0\r\nversion\r\nquit\r\n', 'ERROR\r\nVERSION 1.6.12\r\n'],
    ['with too many words is none', 'delete a 0 noreply x y\r\nversion\r\nquit\r\n', 'ERROR\r\nVERSION 1.6.12\r\n'],
    ['nobody knows is an error', 'frobnicate a\r\nversion\r\nquit\r\n', 'ERROR\r\nVERSION 1.6.12\r\n'],
    ['in capital letters nobody knows', 'VERSION\r\nversion\r\nquit\r\n', 'ERROR\r\nVERSION 1.6.12\r\n'],
    ['of a browser is hung up on', 'POST / HTTP/1.1\r\nversion\r\n', ''],
    ['of a browser takes with it what has not been sent', 'version\r\nPOST / HTTP/1.1\r\nversion\r\n', ''],
    ['that only ends like one is an error', 'getx / HTTP/1.1\r\nversion\r\nquit\r\n', 'ERROR\r\nVERSION 1.6.12\r\n'],
    ['that begins like one is an error', 'POST / SMTP\r\nversion\r\nquit\r\n', 'ERROR\r\nVERSION 1.6.12\r\n'],
    [
      'of one letter is an error, whatever follows',
      'P / HTTP/1.1\r\nversion\r\nquit\r\n',
      'ERROR\r\nVERSION 1.6.12\r\n',
    ],
  ]
  it.each(cases)('%s', async (_, said, answer) => {
    expect(await converse(said)).toBe(answer)
  })

  it('is answered the same however it is cut, a NUL and a CR included', async () => {
    const said = 'set a 0 0 3\r\nx\0y\r\nget a\0b c\r\nversion\r\nget a\r\n\nquit\r\n'
    const { connect } = await startNode()
    const whole = await connect()
    whole.send(said)
    const expected = await whole.untilClosed()
    expect(expected).toBe(
      'STORED\r\nVALUE a 0 3\r\nx\0y\r\nEND\r\nVERSION 1.6.12\r\nVALUE a 0 3\r\nx\0y\r\nEND\r\nERROR\r\n',
    )
    for (let cut = 1; cut < said.length; cut++) {
      const client = await connect()
      client.socket.setNoDelay(true)
      client.send(said.slice(0, cut))
      await new Promise((resolve) => setImmediate(resolve))
      client.send(said.slice(cut))
      expect(await client.untilClosed(), `cut after ${cut}`).toBe(expected)
    }
  })

  it('that has no end is waited for up to 2048 bytes, and hung up on past them', async () => {
    const { client, connect } = await startNode()
    client.send('x'.repeat(2_048))
    expect(await (await connect()).ask('version\r\n')).toBe('VERSION 1.6.12\r\n')
    expect(await client.ask('\r\n')).toBe('ERROR\r\n')
    client.send('x'.repeat(2_049))
    expect(await client.untilClosed()).toBe('')
  })

  it('after a quit is not served', async () => {
    expect(await converse('version\r\nquit\r\nversion\r\n')).toBe('VERSION 1.6.12\r\n')
  })

  it('that has its end may be of 16 KiB, and no longer', async () => {
    const { client } = await startNode()
    expect(await client.ask(`set ${'k'.repeat(16 * 1024 - 5)}\r\n`)).toBe('ERROR\r\n')
    client.send(`set ${'k'.repeat(16 * 1024)}\r\n`)
    expect(await client.untilClosed()).toBe('')
  })

  it.each(['get', 'gets'])('%s may be long, whatever else may not', async (verb) => {
    const { client } = await startNode()
    const keys = Array.from({ length: 3_000 }, (_, index) => `key${index}`).join(' ')
    expect(await client.ask(`set key2999 0 0 1\r\nx\r\n`)).toBe('STORED\r\n')
    expect(await client.ask(`${verb} ${keys}\r\n`)).toMatch(/^VALUE key2999 0 1(?: \d+)?\r\nx\r\nEND\r\n$/)
    client.send(`gat 0 ${keys}\r\n`)
    expect(await client.untilClosed()).toBe('')
  })

  it('of any length that has its end is searched for it in one place', async () => {
    const { client } = await startNode()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 249 }), async (length) => {
        const key = 'k'.repeat(length)
        expect(await client.ask(`get a ${key}\r\n`)).toBe('END\r\n')
      }),
    )
  })
})

describe('a value', () => {
  it('of nothing is one', async () => {
    expect(await converse('set a 0 0 0\r\n\r\nget a\r\nquit\r\n')).toBe('STORED\r\nVALUE a 0 0\r\n\r\nEND\r\n')
  })

  it('that does not end where it was to is none, and what follows is served', async () => {
    expect(await converse('set a 0 0 2\r\nxyz\r\nversion\r\nget a\r\nquit\r\n')).toMatch(
      /^CLIENT_ERROR bad data chunk\r\n(?:ERROR\r\n)?VERSION 1\.6\.12\r\nEND\r\n$/,
    )
  })

  it('that is too large is thrown away whole', async () => {
    const size = 2 * MIB
    const { client } = await startNode()
    client.send(`set a 0 0 ${size}\r\n${'get b\r\n'.repeat(Math.ceil(size / 7)).slice(0, size)}\r\nversion\r\nquit\r\n`)
    expect(await client.untilClosed()).toBe('SERVER_ERROR object too large for cache\r\nVERSION 1.6.12\r\n')
  })

  it('of a configuration is kept byte for byte', async () => {
    const { client } = await startNode()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
        const value = Buffer.from(bytes).toString('latin1')
        expect(await client.ask(`config set c 7 ${value.length}\r\n${value}\r\n`)).toBe('STORED\r\n')
        expect(await client.ask('config get c\r\n')).toBe(`CONFIG c 7 ${value.length}\r\n${value}\r\nEND\r\n`)
      }),
      { numRuns: 30 },
    )
  })
})

describe('a binary request', () => {
  const ask = async (...requests: string[]): Promise<Reply[]> => {
    const { client } = await startNode()
    client.send([...requests, request(QUITQ)].join(''))
    const { replies: found, rest } = replies(await client.untilClosed())
    expect(rest).toBe('')
    return found
  }
  const set = (key: string, value: string, more: { flags?: number; cas?: bigint; opaque?: number } = {}) =>
    request(SET, { key, value, extras: [more.flags ?? 0, 0], ...more })

  it('gets its opcode and its opaque back, whatever they are', async () => {
    for (const opaque of [0, 1, 0x0102_0304, 0x8000_0000, 0xffff_ffff, 0xff00_00ff]) {
      const [version] = await ask(request(VERSION, { opaque }))
      expect(version).toMatchObject({ opcode: VERSION, opaque, status: 0, value: '1.6.12', cas: 0n })
    }
  })

  it('stores key, flags and value as they came, and gives them back', async () => {
    const { client } = await startNode()
    const bytes = (max: number) =>
      fc.uint8Array({ minLength: 1, maxLength: max }).map((each) => Buffer.from(each).toString('latin1'))
    await fc.assert(
      fc.asyncProperty(bytes(250), bytes(400), fc.nat(0xffff_ffff), async (key, value, flags) => {
        client.send(set(key, value, { flags }) + request(GET, { key }) + request(NOOP))
        const found: Reply[] = []
        while (found.at(-1)?.opcode !== NOOP) {
          const head = await client.bytes(24)
          const length = Buffer.from(head, 'latin1').readUInt32BE(8)
          found.push(...replies(head + (length > 0 ? await client.bytes(length) : '')).replies)
        }
        const [stored, got] = found
        expect(stored).toMatchObject({ opcode: SET, status: 0 })
        expect(got).toMatchObject({ status: 0, value, cas: stored?.cas, extras: flags.toString(16).padStart(8, '0') })
      }),
      { numRuns: 40 },
    )
  })

  it('changes an item only with its own cas, all 64 bits of it', async () => {
    const { client } = await startNode()
    const one = async (bytes: string): Promise<Reply> => {
      client.send(bytes)
      const head = await client.bytes(24)
      const length = Buffer.from(head, 'latin1').readUInt32BE(8)
      return replies(head + (length > 0 ? await client.bytes(length) : '')).replies[0] as Reply
    }
    const { cas } = await one(set('a', 'x'))
    expect(cas).toBeGreaterThan(0n)
    for (const wrong of [cas + 1n, cas + (1n << 32n), cas + (1n << 56n), cas ^ (1n << 63n), cas << 32n, cas << 8n]) {
      expect((await one(set('a', 'y', { cas: wrong }))).status, `${wrong}`).toBe(0x02)
      expect((await one(request(DELETE, { key: 'a', cas: wrong }))).status).toBe(0x02)
    }
    expect((await one(set('a', 'y', { cas }))).status).toBe(0)
  })

  it.each([
    ['a key it must have', request(GET)],
    ['extras it must have', request(SET, { key: 'a', value: 'x' })],
    ['no value it has none for', request(GET, { key: 'a', value: 'x' })],
    ['no extras it has none for', request(GET, { key: 'a', extras: [1] })],
    ['no key it has none for', request(NOOP, { key: 'a' })],
    ['all of its extras', request(INCREMENT, { key: 'a', extras: [1] })],
  ])('must have %s: otherwise it is invalid, and the last', async (_, wrong) => {
    const found = await ask(request(NOOP), wrong, request(VERSION))
    expect(found.map(({ opcode, status }) => [opcode, status])).toEqual([
      [NOOP, 0],
      [wrong.charCodeAt(1), 0x04],
    ])
    expect(found[1]?.value).toBe('Invalid arguments')
  })

  it('with a key of 250 bytes is served, with one of 251 it is invalid, and the last', async () => {
    expect((await ask(request(GET, { key: 'k'.repeat(250) }), request(VERSION))).map(({ status }) => status)).toEqual([
      1, 0,
    ])
    expect((await ask(request(GET, { key: 'k'.repeat(251) }), request(VERSION))).map(({ status }) => status)).toEqual([
      4,
    ])
  })

  it('whose body is shorter than its key and extras is unknown, and the last', async () => {
    const lying = (keyBytes: number, extrasBytes: number, body: number) =>
      header(GET, keyBytes, extrasBytes, body) + 'x'.repeat(keyBytes + extrasBytes)
    expect((await ask(lying(5, 0, 4), request(VERSION))).map(({ status }) => status)).toEqual([0x81])
    expect((await ask(lying(2, 4, 5), request(VERSION))).map(({ status }) => status)).toEqual([0x81])
    expect((await ask(lying(5, 0, 5), request(VERSION))).map(({ status }) => status)).toEqual([1, 0])
  })

  it('nobody knows is answered once as many bytes as its body has have come once more', async () => {
    const body = { key: 'key', value: 'value', extras: [1] }
    const length = 3 + 5 + 4
    const { client, connect } = await startNode()
    client.send(request(0x70, body))
    client.send('v'.repeat(length - 5 - 1))
    expect(await (await connect()).ask('version\r\n')).toMatch(/^VERSION/)
    client.send(`v${request(VERSION)}${request(QUITQ)}`)
    const found = replies(await client.untilClosed()).replies
    expect(found[0]).toMatchObject({ opcode: 0x70, status: 0x81, value: 'Unknown command' })
    expect(found.slice(1)).toMatchObject([{ opcode: VERSION }])
  })

  it('of which a part is missing is waited for', async () => {
    const { client } = await startNode()
    const bytes = set('key', 'value') + request(GET, { key: 'key' }) + request(QUITQ)
    for (let at = 0; at < bytes.length; at += 5) {
      client.send(bytes.slice(at, at + 5))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const found = replies(await client.untilClosed()).replies
    expect(found.map(({ opcode, status, value }) => [opcode, status, value])).toEqual([
      [SET, 0, ''],
      [GET, 0, 'value'],
    ])
  })

  it('without a value is answered at once, not with the next', async () => {
    const { client } = await startNode()
    client.send(request(SET, { key: 'a', extras: [0, 0] }))
    expect(replies(await client.bytes(24)).replies).toMatchObject([{ opcode: SET, status: 0 }])
    client.send(request(CONFIG_SET, { key: 'c', extras: [0] }))
    expect(replies(await client.bytes(24)).replies).toMatchObject([{ opcode: CONFIG_SET, status: 0 }])
  })

  it('after a quit is not served', async () => {
    const { client } = await startNode()
    client.send(request(NOOP) + request(QUITQ) + request(VERSION))
    expect(replies(await client.untilClosed()).replies.map(({ opcode }) => opcode)).toEqual([NOOP])
  })

  it('that is quiet is silent when all is well, and not when it is not', async () => {
    const quiet = request(SETQ, { key: 'a', value: 'x', extras: [0, 0] })
    const wrong = request(SETQ, { key: 'a', value: 'y', extras: [0, 0], cas: 99n })
    expect((await ask(quiet, request(NOOP))).map(({ opcode }) => opcode)).toEqual([NOOP])
    expect((await ask(quiet, wrong, request(NOOP))).map(({ opcode, status }) => [opcode, status])).toEqual([
      [SETQ, 0x02],
      [NOOP, 0],
    ])
  })

  it('too large to be stored is thrown away whole', async () => {
    const found = await ask(set('a', 'x'.repeat(2 * MIB)), request(VERSION))
    expect(found).toMatchObject([
      { opcode: SET, status: 0x03, value: 'Too large.' },
      { opcode: VERSION, status: 0 },
    ])
  })

  it('that is none is hung up on, with what was answered before it', async () => {
    const { client } = await startNode()
    client.send(`${request(NOOP)}get a\r\n${'x'.repeat(30)}`)
    const { replies: found } = replies(await client.untilClosed())
    expect(found.map(({ opcode }) => opcode)).toEqual([NOOP])
  })
})
