import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { configReply, discoveryPayload } from '../../src/discovery/encode.ts'
import { parseDiscovery } from '../../src/discovery/parse.ts'

const LIST = '12\na.use1|10.0.0.1|11211 b.use1|fd00::2|11212\n'
const NODES = [
  { host: 'a.use1', ip: '10.0.0.1', family: 4, port: 11211 },
  { host: 'b.use1', ip: 'fd00::2', family: 6, port: 11212 },
]
const framed = (payload: string, length = payload.length) => `CONFIG cluster 0 ${length}\r\n${payload}\r\nEND\r\n`
const problemOf = (reply: string) => {
  const parsed = parseDiscovery(reply)
  return parsed.ok ? 'none' : parsed.problem
}

describe('a discovery reply', () => {
  test('to config get cluster is read', () => {
    expect(parseDiscovery(framed(LIST))).toEqual({ ok: true, form: 'config', version: 12, nodes: NODES })
  })

  test('to the legacy key is read', () => {
    const reply = `VALUE AmazonElastiCache:cluster 0 ${LIST.length}\r\n${LIST}\r\nEND\r\n`
    expect(parseDiscovery(Buffer.from(reply))).toEqual({ ok: true, form: 'legacy', version: 12, nodes: NODES })
  })

  test('under TLS has names and no ip', () => {
    const parsed = parseDiscovery(framed('1\na.cfg||11211\n'))
    expect(parsed).toEqual({ ok: true, form: 'config', version: 1, nodes: [{ host: 'a.cfg', port: 11211 }] })
  })

  test.each([
    [
      'CRLF after the version and no final newline, as AWS libmemcached stores it',
      framed('12\r\n' + LIST.slice(3, -1)),
    ],
    ['bare LF everywhere', framed(LIST).replaceAll('\r', '')],
    ['repeated spaces between nodes', framed(LIST.replace(' ', '   '))],
  ])('is read with %s', (_, reply) => {
    expect(parseDiscovery(reply)).toMatchObject({ ok: true, version: 12, nodes: NODES })
  })

  test.each([
    ['ERROR\r\n', 'error-reply'],
    ['SERVER_ERROR out of memory\r\n', 'error-reply'],
    ['END\r\n', 'nothing-stored'],
    ['', 'truncated'],
    ['CONFIG clus', 'truncated'],
    [framed('7\n\n'), 'no-nodes'],
    [framed('seven\na|1.2.3.4|1\n'), 'malformed'],
    [framed('7\na|1.2.3.4\n'), 'malformed'],
    [framed('7\na|1.2.3|11211\n'), 'malformed'],
    [framed('7\na|1.2.3.4|70000\n'), 'malformed'],
    [framed('7\n|1.2.3.4|11211\n'), 'malformed'],
    [framed(LIST, LIST.length + 11), 'wrong-length'],
    [framed(LIST, LIST.length - 4), 'wrong-length'],
    ['CONFIG cluster 0 9999999999\r\n', 'wrong-length'],
    ['CONFIG cluster 0 sixty\r\n', 'malformed'],
    ['VALUE AmazonElastiCache:cluster 0 -1\r\n', 'malformed'],
    ['HTTP/1.1 400 Bad Request\r\n', 'foreign'],
    ['*0\r\n', 'foreign'],
  ])('%j is the problem %s', (reply, problem) => {
    expect(problemOf(reply)).toBe(problem)
  })

  test('with a wrong length says both lengths', () => {
    expect(parseDiscovery(framed(LIST, LIST.length + 11))).toMatchObject({
      detail: `the header announces ${LIST.length + 11} bytes, ${LIST.length} follow`,
    })
  })

  test('is truncated at every byte before its last', () => {
    const reply = framed(LIST)
    for (let length = 0; length < reply.length; length++) {
      expect(problemOf(reply.slice(0, length)), `after ${length} bytes`).toBe('truncated')
    }
  })
})

const host = fc.stringMatching(/^[a-z][a-z0-9.-]{0,40}$/)
const ip = fc.oneof(fc.ipV4(), fc.constant('::1'), fc.constant('fd00:1::ffff:9'), fc.constant(undefined))
const member = fc.record({ host, ip, port: fc.integer({ min: 1, max: 65535 }) })

test('whatever is encoded is read back, sorted', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(member, { minLength: 1, maxLength: 40 }), (version, members) => {
      const parsed = parseDiscovery(configReply('cluster', 0, discoveryPayload(version, members)))
      expect(parsed.ok).toBe(true)
      if (!parsed.ok) return
      const again = discoveryPayload(parsed.version, parsed.nodes)
      expect(again).toEqual(discoveryPayload(version, members))
    }),
  )
})

test('arbitrary bytes are a problem or a list with nodes, never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.boolean(), (bytes, inFrame) => {
      const noise = Buffer.from(bytes)
      const parsed = parseDiscovery(inFrame ? configReply('cluster', 0, noise) : noise)
      if (parsed.ok) expect(parsed.nodes.length).toBeGreaterThan(0)
    }),
  )
})

test('nodes on a second line, which clients do not read, are told', () => {
  const payload = '1\nlocalhost|127.0.0.1|11211\nlocalhost|127.0.0.1|11212\n'
  expect(parseDiscovery(`CONFIG cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`)).toMatchObject({
    problem: 'malformed',
    detail: 'the nodes stand on 2 lines instead of one',
  })
})

test('an answer with more behind its END, which would be taken for the next one, is told', () => {
  const payload = '1\nlocalhost|127.0.0.1|11211\n'
  const answer = `CONFIG cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`
  expect(parseDiscovery(answer + answer)).toMatchObject({
    problem: 'malformed',
    detail: `${answer.length} bytes follow the END of the answer`,
  })
})
