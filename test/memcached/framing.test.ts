import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startNode } from './support/node.ts'

describe('text framing', () => {
  it('does not care how a conversation is cut into segments', async () => {
    const { connect } = await startNode()
    const conversation =
      'set a 1 0 5\r\nhello\r\nset b 0 0 2 noreply\r\nhi\r\nget a b c\r\nset a 0 0 1\r\nxy\r\nfoo\r\nincr a 1\r\nconfig set c 0 3\r\nabc\r\nconfig get c\r\nset big 0 0 1048600\r\n' +
      `${'z'.repeat(1_048_600)}\r\nget b\r\nquit\r\n`
    const whole = await connect()
    whole.send(conversation)
    const expected = await whole.untilClosed()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }), async (sizes) => {
        const client = await connect()
        let at = 0
        for (const size of sizes) {
          client.send(conversation.slice(at, at + size))
          at += size
          await new Promise((resolve) => setImmediate(resolve))
        }
        client.send(conversation.slice(at))
        expect(await client.untilClosed()).toBe(expected)
      }),
      { numRuns: 20 },
    )
  })

  it('gives back whatever bytes it was given', async () => {
    const { client } = await startNode()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        const value = Buffer.from(bytes).toString('latin1')
        expect(await client.ask(`set k 0 0 ${value.length}\r\n${value}\r\nget k\r\n`)).toBe(
          `STORED\r\nVALUE k 0 ${value.length}\r\n${value}\r\nEND\r\n`,
        )
      }),
      { numRuns: 50 },
    )
  })

  it('answers a get of ten thousand keys', async () => {
    const { client } = await startNode()
    await client.ask('set key9999 0 0 1\r\nx\r\n')
    const keys = Array.from({ length: 10_000 }, (_, i) => `key${i}`).join(' ')
    expect(await client.ask(`get ${keys}\r\n`)).toBe('VALUE key9999 0 1\r\nx\r\nEND\r\n')
  })

  it('hangs up on a line that never ends', async () => {
    const { client } = await startNode()
    client.send('x'.repeat(3000))
    expect(await client.untilClosed()).toBe('')
  })

  it('stops serving a client that does not read, and resumes where it stopped', async () => {
    const { client, connect, node } = await startNode()
    const value = 'v'.repeat(1_000_000)
    await client.ask(`set big 0 0 ${value.length}\r\n${value}\r\n`)
    const lazy = await connect()
    lazy.socket.pause()
    const before = node.report().bytesWritten
    const wanted = 300
    lazy.send(`get ${'big '.repeat(wanted / 2)}\r\n`.repeat(2))
    for (let i = 0; i < 50; i++) await client.ask('get nothing\r\n')
    expect(node.report().bytesWritten - before).toBeLessThan(60 * value.length)
    lazy.socket.resume()
    const one = `VALUE big 0 ${value.length}\r\n${value}\r\n`
    let got = 0
    for (let half = 0; half < 2; half++) {
      for (let i = 0; i < wanted / 2; i++) got += Number((await lazy.bytes(one.length)) === one)
      expect(await lazy.bytes(5)).toBe('END\r\n')
    }
    expect(got).toBe(wanted)
  })

  it('forgets a value whose client left in the middle', async () => {
    const { client, connect, node } = await startNode()
    const leaver = await connect()
    leaver.send('set half 0 0 1000\r\nabc')
    await expect.poll(() => node.report().memory).toBeGreaterThan(0)
    leaver.close()
    await expect.poll(() => node.report().connections).toBe(1)
    expect(await client.ask('get half\r\n')).toBe('END\r\n')
    expect(node.report().items).toBe(0)
  })
})
