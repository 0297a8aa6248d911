import { describe, expect, it } from 'vitest'
import { MemcachedClient } from '../support/memcached-client.ts'
import { installedMemcached, withBothServers } from './support/differential.ts'

// Every kind of request once or more, so that a counter that is not counted, or counted twice, shows.
const TRAFFIC = [
  'set a 0 0 1\r\nx\r\nset n 5 0 2\r\n10\r\nset b 0 100 300\r\n',
  'y'.repeat(300),
  '\r\nget a\r\nget a nope\r\ngets a\r\ngat 0 a\r\n',
  'gat 0 nope\r\ngats 0 a nope\r\ntouch a 0\r\ntouch nope 0\r\nincr n 1\r\nincr nope 1\r\ndecr n 1\r\ndecr nope 1\r\n',
  'incr a 1\r\ncas a 0 0 1 1\r\nz\r\ncas a 0 0 1 1\r\nz\r\ncas nope 0 0 1 1\r\nz\r\nadd a 0 0 1\r\nx\r\nappend a 0 0 1\r\nx\r\n',
  'set bad 0 0 1\r\nxx\r\nset huge 0 0 1048577\r\n',
  'z'.repeat(1048577),
  '\r\nset large 0 0 700000\r\n',
  'z'.repeat(700000),
  '\r\ndelete nope\r\ndelete b\r\nmg a\r\nmg nope v\r\nmg a T0\r\nms m 2\r\nhi\r\nmd m\r\nmd nope\r\nma n\r\nma nope\r\nme a\r\nmn\r\n',
  'set gone 0 -1 1\r\nx\r\nget gone\r\nset c 0 0 1\r\nx\r\nget c\r\n',
  'foo\r\nverbosity 1\r\nms c 1 C99999\r\nx\r\nms c 1 C1\r\ny\r\nprepend nope 0 0 1\r\nx\r\nreplace c 0 0 1\r\nx\r\n',
].join('')

// What differs for good reason: processes, time, buffers and threads, and which socket is which.
const OWN =
  /^(pid|uptime|time|libevent|pointer_size|rusage_.*|response_obj_.*|read_buf_.*|reserved_fds|lru_maintainer_juggles|lru_crawler_.*|tcpport|max_connections|maxconns|bytes_written|bytes_read|ssl_.*|ext_.*|num_napi_ids|memory_file|slab_automove_freeratio|items:.*:crawler_.*|crawler_.*|connection_structures|moves_to_(cold|warm)|conn_yields|lrutail_reflocked|items:.*:(number_(hot|warm|cold)|moves_to_(cold|warm)|hits_to_.*|lrutail_reflocked|age.*)|oldest|get_flushed|log_.*)$/

async function statistics(port: number, requests: string, topic: string): Promise<[string, string][]> {
  const client = await MemcachedClient.connect(port)
  try {
    await client.ask(requests)
    const text = await client.ask(`stats${topic}\r\n`)
    return [...text.matchAll(/^STAT (\S+) (.*)\r$/gm)].map(([, name, value]) => [name ?? '', value ?? ''])
  } finally {
    client.close()
  }
}

describe.skipIf(installedMemcached === undefined)('statistics', () => {
  const servers = withBothServers()

  it.each(['', ' settings', ' items', ' slabs'])('of stats%s count as memcached does, in its order', async (topic) => {
    const requests = topic === '' ? TRAFFIC : ''
    const [theirs, ours] = [
      await statistics(servers.theirs, requests, topic),
      await statistics(servers.ours, requests, topic),
    ]
    const rest = (lines: [string, string][]): [string, string][] => lines.filter(([name]) => !OWN.test(name))
    expect(rest(ours).map((line) => line.join(' '))).toEqual(rest(theirs).map((line) => line.join(' ')))
    if (topic !== ' settings') expect(ours.map(([name]) => name)).toEqual(theirs.map(([name]) => name))
  })
})
