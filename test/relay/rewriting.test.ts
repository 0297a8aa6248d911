import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { configReply, discoveryPayload } from '../../src/discovery/encode.ts'
import { memcachedRewriter } from '../../src/relay/rewrite-memcached.ts'
import { respRewriter } from '../../src/relay/rewrite-resp.ts'
import type { Here, Rewrite } from '../../src/relay/rewriting.ts'

/** Everything is on this machine, on a port a thousand above. */
const here: Here = async (_, port) => ({ host: '127.0.0.1', port: port + 1000 })

/** What arrives of bytes that come in pieces of these lengths, again and again. */
async function passed(rewrite: Rewrite, text: string, lengths: readonly number[] = [text.length]): Promise<string> {
  const bytes = Buffer.from(text, 'latin1')
  let result = ''
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    result += (await rewrite(bytes.subarray(at, at + length))).toString('latin1')
    at += length
  }
  return result
}

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

describe('of Memcached', () => {
  const list = discoveryPayload(7, [
    { host: 'a.example', ip: '10.0.0.1', port: 1 },
    { host: 'b.example', ip: '10.0.0.2', port: 2 },
  ])
  const reply = configReply('cluster', 0, list).toString()

  test('lists of nodes name this side, in whatever pieces they come, and values that look like lists stay', async () => {
    const value = `VALUE k 0 ${reply.length}\r\n${reply}\r\nEND\r\nVA ${reply.length} c1\r\n${reply}\r\n`
    const expected = configReply(
      'cluster',
      0,
      discoveryPayload(
        7,
        [1001, 1002].map((port) => ({ host: 'localhost', ip: '127.0.0.1', port })),
      ),
    ).toString()
    await fc.assert(
      fc.asyncProperty(lengths, async (sizes) => {
        const { toClient } = memcachedRewriter(here)
        expect(await passed(toClient, `STORED\r\n${value}${reply}${value}`, sizes)).toBe(
          `STORED\r\n${value}${expected}${value}`,
        )
      }),
    )
  })

  test('the binary protocol passes as it is', async () => {
    const { toClient } = memcachedRewriter(here)
    expect(await passed(toClient, `\x81\x60${reply}`, [1, 30])).toBe(`\x81\x60${reply}`)
  })
})

describe('of Redis OSS and Valkey', () => {
  const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`
  const asked = (...words: string[]) => `*${words.length}\r\n${words.map(bulk).join('')}`

  /** What a client is told when it asks, of a server that answers so, and what that server is asked. */
  async function told(question: string, answer: string, sizes?: readonly number[]) {
    const { toServer, toClient } = respRewriter(here)
    const sent = await passed(toServer, question, sizes)
    const [, mark = ''] = /ECHO\r\n\$32\r\n(\w{32})/.exec(sent) ?? []
    const around = mark === '' ? '' : bulk(mark)
    return { sent, received: await passed(toClient, `+OK\r\n${around}${answer}${around}:1\r\n`, sizes) }
  }

  test.each([
    [
      ['CLUSTER', 'SLOTS'],
      `*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n${bulk('10.0.0.1')}:6379\r\n${bulk('id')}`,
      `*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n${bulk('127.0.0.1')}:7379\r\n${bulk('id')}`,
    ],
    [
      ['cluster', 'shards'],
      `*1\r\n*4\r\n${bulk('slots')}*0\r\n${bulk('nodes')}*1\r\n*6\r\n${bulk('port')}:6379\r\n${bulk('ip')}${bulk('10.0.0.1')}${bulk('endpoint')}${bulk('10.0.0.1')}`,
      `*1\r\n*4\r\n${bulk('slots')}*0\r\n${bulk('nodes')}*1\r\n*6\r\n${bulk('port')}:7379\r\n${bulk('ip')}${bulk('127.0.0.1')}${bulk('endpoint')}${bulk('127.0.0.1')}`,
    ],
    [
      ['CLUSTER', 'NODES'],
      bulk(`${'a'.repeat(40)} 10.0.0.1:6379@16379,n myself,master - 0 0 1 connected\n`),
      bulk(`${'a'.repeat(40)} 127.0.0.1:7379@16379 myself,master - 0 0 1 connected\n`),
    ],
    [['CLUSTER', 'SLOTS'], '-NOPERM no\r\n', '-NOPERM no\r\n'],
    [['GET', 'k'], '-MOVED 3999 10.0.0.1:6379\r\n', '-MOVED 3999 127.0.0.1:7379\r\n'],
    [['GET', 'k'], '-ASK 3999 ::1:6379\r\n', '-ASK 3999 127.0.0.1:7379\r\n'],
    [['GET', 'k'], bulk('-MOVED 3999 10.0.0.1:6379'), bulk('-MOVED 3999 10.0.0.1:6379')],
  ])('the answer to %j names this side', async (question, answer, expected) => {
    for (const sizes of [undefined, [1], [7, 3]]) {
      const { received } = await told(asked(...question), answer, sizes)
      expect(received).toBe(`+OK\r\n${expected}:1\r\n`)
    }
  })

  test('other questions reach the server as they were sent', async () => {
    const question = asked('SET', 'k', 'CLUSTER SLOTS') + asked('CLUSTER', 'KEYSLOT', 'k')
    expect((await told(question, '')).sent).toBe(question)
  })
})
