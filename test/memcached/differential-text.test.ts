import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CacheNode } from '../../src/memcached/server.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { installedMemcached, startMemcached } from './support/memcached.ts'
import { MIB } from './support/node.ts'

// Each line is one conversation on a connection of its own, sent to memcached and to us. The answers must be the same
// to the byte.
const LONG_KEY = 'k'.repeat(251)
const KEY = 'k'.repeat(250)
const CONVERSATIONS = [
  'get\r\n',
  'get a\r\n',
  'gets\r\n',
  'get  a  b\r\n',
  '\r\n',
  '\n',
  '   \r\n',
  'foo\r\n',
  'version\n',
  'version foo\r\n',
  'verbosity\r\n',
  'verbosity 1\r\n',
  'verbosity foo\r\n',
  'verbosity 1 noreply\r\n',
  'verbosity 1 2\r\n',
  'verbosity noreply\r\n',
  'verbosity 1 2 3 4 5\r\n',
  'set a\r\n',
  'set a 0 0 1\r\nx\r\n',
  'set a 0 0 1\r\nxy\r\n',
  'set a 0 0 -1\r\nx\r\n',
  'set a b 0 1\r\nx\r\n',
  'set a 0 b 1\r\nx\r\n',
  'set a 0 0 1 noreply\r\nx\r\nget a\r\n',
  'set a 0 0 1 foo\r\nx\r\nget a\r\n',
  'set a 0 0 1 foo bar\r\nx\r\nget a\r\n',
  'set a 0 0 1 noreply\r\nxy\r\nget a\r\n',
  'set a 4294967295 0 1\r\nx\r\nget a\r\n',
  'set a 4294967296 0 1\r\nx\r\nget a\r\n',
  'set a -1 0 1\r\nx\r\n',
  'set a +1 0 1\r\nx\r\nget a\r\n',
  'set a 18446744073709551616 0 1\r\nx\r\n',
  'set a 0 0 1x\r\nx\r\n',
  'set a 0 0 1\nx\r\nget a\r\n',
  'set a 0 0 1\nx\nget a\r\n',
  'set a 0 0 2147483647\r\n',
  'set a 0 0 2147483646\r\n',
  'set a 0 -1 1\r\nx\r\nget a\r\n',
  'set a 0 2592001 1\r\nx\r\nget a\r\n',
  'set a 0 2592000 1\r\nx\r\nget a\r\n',
  'set a 0 4294967296 1\r\nx\r\nget a\r\n',
  'set a 0 9999999999999999999 1\r\nx\r\n',
  'set a 0 0 0\r\n\r\nget a\r\n',
  `set ${KEY} 5 0 2\r\nab\r\nget ${KEY}\r\n`,
  `set ${LONG_KEY} 0 0 2\r\nab\r\nversion\r\n`,
  `get ${LONG_KEY}\r\n`,
  `get a ${LONG_KEY} a\r\n`,
  `delete ${LONG_KEY}\r\n`,
  `incr ${LONG_KEY} 1\r\n`,
  `touch ${LONG_KEY} 1\r\n`,
  `gat 0 ${LONG_KEY}\r\n`,
  `get ${'z '.repeat(100)}\r\n`,
  `set ${'z '.repeat(100)}\r\n`,
  'cas a 0 0 1\r\nx\r\n',
  'cas nokey 0 0 1 5\r\nx\r\n',
  'cas a 0 0 1 foo\r\nx\r\n',
  'cas a 0 0 1 -1\r\nx\r\n',
  'set a 0 0 1\r\nx\r\ncas a 0 0 1 99999999\r\ny\r\nget a\r\n',
  'cas a 0 0 1 18446744073709551615\r\nx\r\n',
  'cas a 0 0 1 18446744073709551616\r\nx\r\n',
  'cas nokey 0 0 1 5 noreply\r\nx\r\n',
  'delete a\r\n',
  'delete a 0\r\n',
  'delete a 5\r\n',
  'delete a noreply\r\n',
  'delete a 0 noreply\r\n',
  'delete a foo\r\n',
  'delete a 0 0\r\n',
  'delete a 0 0 0\r\n',
  'delete\r\n',
  'set a 0 0 1\r\nx\r\ndelete a\r\ndelete a\r\n',
  'incr a\r\n',
  'incr a 1 foo\r\n',
  'incr a foo\r\n',
  'incr a 1 noreply\r\n',
  'set n 0 0 2\r\n10\r\nincr n 5\r\ndecr n 100\r\nget n\r\n',
  'set n 0 0 2\r\n10\r\ndecr n 5\r\nget n\r\n',
  'set n 0 0 2\r\n99\r\nincr n 1\r\nget n\r\n',
  'set n 0 0 20\r\n18446744073709551615\r\nincr n 1\r\nincr n 18446744073709551615\r\nincr n 18446744073709551616\r\n',
  'set n 0 0 20\r\n18446744073709551614\r\nincr n 1\r\ndecr n 9007199254740993\r\nget n\r\n',
  'set n 0 0 1\r\nx\r\nincr n 1\r\n',
  'set n 0 0 3\r\n12 \r\nincr n 1\r\nget n\r\n',
  'set n 0 0 3\r\n 12\r\nincr n 1\r\nget n\r\n',
  'set n 0 0 3\r\n12x\r\nincr n 1\r\nget n\r\n',
  'set n 0 0 0\r\n\r\nincr n 1\r\n',
  'set n 0 0 2\r\n-1\r\nincr n 1\r\n',
  'set n 0 0 30\r\n000000000000000000000000000012\r\nincr n 1\r\nget n\r\n',
  'set n 7 0 1\r\n9\r\nincr n 1\r\nget n\r\n',
  'incr n -1\r\n',
  'incr n 1x\r\n',
  'touch a\r\n',
  'touch a 0\r\n',
  'touch a foo\r\n',
  'touch a 0 noreply\r\n',
  'touch a 0 foo\r\n',
  'touch a 0 1 2\r\n',
  'set a 0 0 1\r\nx\r\ntouch a 10\r\ntouch a -1\r\nget a\r\n',
  'gat\r\n',
  'gat 0\r\n',
  'gat 0 a\r\n',
  'gat foo a\r\n',
  'gats 0 a b\r\n',
  'set a 9 0 1\r\nx\r\ngat 10 a a\r\ngat -1 a\r\nget a\r\n',
  'flush_all\r\n',
  'flush_all 10\r\n',
  'flush_all -1\r\n',
  'flush_all foo\r\n',
  'flush_all 0 noreply\r\n',
  'flush_all noreply\r\n',
  'flush_all 1 2\r\n',
  'flush_all 1 2 3 4\r\n',
  'set a 0 0 1\r\nx\r\nflush_all\r\nget a\r\n',
  'set a 0 0 1\r\nx\r\nflush_all\r\nset a 0 0 1\r\ny\r\nget a\r\n',
  'quit\r\n',
  'quit foo\r\n',
  'GET / HTTP/1.1\r\n',
  'stats foo\r\n',
  'stats reset\r\n',
  'stats noreply\r\n',
  'shutdown\r\n',
  'shutdown graceful\r\n',
  'misbehave\r\n',
  'set c 3 0 1\r\nx\r\nappend c 9 0 2\r\nyz\r\nprepend c 8 0 2\r\nab\r\nget c\r\n',
  'append nokey 0 0 1\r\nx\r\n',
  'prepend nokey 0 0 1\r\nx\r\n',
  'replace nokey 0 0 1\r\nx\r\n',
  'set d 0 0 1\r\nx\r\nadd d 0 0 1\r\ny\r\nget d\r\n',
  'delete d\r\nadd d 0 0 1\r\ny\r\nreplace d 4 0 2\r\nzz\r\nget d\r\n',
  '  get   d  \r\n',
  'GET d\r\n',
  'set e 0 0 1048516\r\n'.concat('x'.repeat(1048516), '\r\nget nokey\r\n'),
  'set e 0 0 1048517\r\n'.concat('x'.repeat(1048517), '\r\nget e\r\n'),
  'set e 0 0 1\r\nx\r\nadd e 0 0 1048517\r\n'.concat('x'.repeat(1048517), '\r\nget e\r\n'),
  'set e 0 0 1\r\nx\r\nreplace e 0 0 1048517\r\n'.concat('x'.repeat(1048517), '\r\nget e\r\n'),
  'set e 0 0 1\r\nx\r\ncas e 0 0 1048517 1\r\n'.concat('x'.repeat(1048517), '\r\nget e\r\n'),
  'set e 0 0 1\r\nx\r\nappend e 0 0 1048517\r\n'.concat('x'.repeat(1048517), '\r\nget e\r\n'),
  'set e 0 0 1\r\nx\r\nset e 0 0 1048517 noreply\r\n'.concat('x'.repeat(1048517), '\r\nget e\r\n'),
  'set e 0 0 1048500\r\n'.concat('x'.repeat(1048500), '\r\nappend e 0 0 20\r\n', 'y'.repeat(20), '\r\ntouch e 0\r\n'),
  'set f 0 0 700000\r\n'.concat('abcdefg'.repeat(100000), '\r\nget f\r\nappend f 0 0 3\r\n123\r\nget f\r\n'),
  'set f 0 0 700000\r\n'.concat('abcdefg'.repeat(100000), 'x\r\nget f\r\n'),
  ...['a', 'b'].flatMap((key) => ['set', 'add', 'replace'].map((verb) => `${verb} ${key} 1 0 3\r\nabc\r\nget a b\r\n`)),
]

const theirs = installedMemcached

describe.skipIf(theirs === undefined)(`answers as memcached ${theirs ?? '(not installed, skipped)'} does`, () => {
  let memcached: { port: number; stop: () => void }
  let node: CacheNode
  let port = 0

  beforeAll(async () => {
    memcached = await startMemcached()
    node = new CacheNode({ engineVersion: theirs ?? '', memoryLimit: 64 * MIB })
    port = (await node.listen({ host: '127.0.0.1', port: 0 })).port
  })
  afterAll(async () => {
    memcached.stop()
    await node.close()
  })

  it.each(
    CONVERSATIONS.map((text) => [
      text.length > 100 ? `${JSON.stringify(text.slice(0, 90))}...` : JSON.stringify(text),
      text,
    ]),
  )('%s', async (_title, text) => {
    const [expected, answered] = await Promise.all([converse(memcached.port, text), converse(port, text)])
    expect(answered).toBe(expected)
  })
})

/** What a server answers to `text`, by the time it has answered what follows or hung up. */
async function converse(port: number, text: string): Promise<string> {
  const client = await MemcachedClient.connect(port)
  try {
    client.send(text)
    client.send('quit\r\n')
    return await client.untilClosed()
  } finally {
    client.close()
  }
}
