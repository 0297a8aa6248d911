import { describe, expect, test } from 'vitest'
import { configReply, discoveryPayload } from '../../src/discovery/encode.ts'

// The reply in the ElastiCache user guide, "Adding Auto Discovery to your client library": CONFIG cluster 0 136.
const GUIDE_EXAMPLE = [
  { host: 'configured.0001.use1.cache.amazonaws.com', ip: '10.80.249.27', port: 11211 },
  { host: 'configured.0002.use1.cache.amazonaws.com', ip: '10.82.235.120', port: 11211 },
]

describe('the discovery payload', () => {
  test('has the bytes of the guide: version, LF, host|ip|port joined by one space, LF', () => {
    expect(discoveryPayload(12, GUIDE_EXAMPLE).toString()).toBe(
      '12\n' +
        'configured.0001.use1.cache.amazonaws.com|10.80.249.27|11211 ' +
        'configured.0002.use1.cache.amazonaws.com|10.82.235.120|11211\n',
    )
  })

  test('of two nodes named as in the guide is 136 bytes long', () => {
    const host = (n: number) => `myCluster.pc4ldq.000${n}.use1.cache.amazonaws.com`
    const payload = discoveryPayload(12, [
      { host: host(1), ip: '10.82.235.120', port: 11211 },
      { host: host(2), ip: '10.80.249.27', port: 11211 },
    ])
    expect(payload.length).toBe(136)
  })

  test('lists nodes by host name, and by port where names are equal', () => {
    const payload = discoveryPayload(3, [
      { host: 'localhost', ip: '127.0.0.1', port: 9002 },
      { host: 'b', ip: '127.0.0.1', port: 1 },
      { host: 'localhost', ip: '127.0.0.1', port: 900 },
      { host: 'B', ip: '127.0.0.1', port: 2 },
    ])
    expect(payload.toString()).toBe('3\nB|127.0.0.1|2 b|127.0.0.1|1 localhost|127.0.0.1|900 localhost|127.0.0.1|9002\n')
  })

  test('keeps both bars around an ip it does not have', () => {
    expect(discoveryPayload(1, [{ host: 'a.cfg', port: 11211 }]).toString()).toBe('1\na.cfg||11211\n')
  })

  test('refuses a host that would break the list', () => {
    expect(() => discoveryPayload(1, [{ host: 'a|b', port: 1 }])).toThrow(TypeError)
    expect(() => discoveryPayload(1, [{ host: '', port: 1 }])).toThrow(TypeError)
  })

  test('does not reorder the array it was given', () => {
    const members = [...GUIDE_EXAMPLE].reverse()
    discoveryPayload(1, members)
    expect(members).toEqual([...GUIDE_EXAMPLE].reverse())
  })
})

test('a reply counts the payload alone and ends it with CRLF END CRLF', () => {
  const payload = discoveryPayload(12, GUIDE_EXAMPLE)
  const reply = configReply('cluster', 0, payload).toString()
  expect(reply).toBe(`CONFIG cluster 0 ${payload.length}\r\n${payload.toString()}\r\nEND\r\n`)
  expect(reply.endsWith('\n\r\nEND\r\n')).toBe(true)
})
