import { expect, onTestFinished, test } from 'vitest'
import type { Topology } from '../../../src/redis/cluster/topology.ts'
import { eventually } from '../../support/eventually.ts'
import { idOf, moving, startCluster } from '../support/clusters.ts'
import type { Talk } from '../support/talk.ts'

// Of a: slot 3300 (`{b}`); of c: slot 12182 (`foo`).
const start = (options = {}) => startCluster((end) => onTestFinished(end), options)

const waitingAt = (talk: Talk, clients: number) =>
  eventually(`${clients} clients wait`, async () =>
    (await talk.ask(['INFO', 'clients'])).some((info) => info.includes(`blocked_clients:${clients}`)),
  )

test('every node tells the whole cluster as soon as it was told', async () => {
  const { topology, node } = await start()
  const [a, c] = [node('a').port, node('c').port]
  for (const letter of ['a', 'b', 'c', 'd']) {
    const [info = '', slots = '', get] = await node(letter).talk.ask(
      ['CLUSTER', 'INFO'],
      ['CLUSTER', 'SLOTS'],
      ['GET', 'foo'],
    )
    expect(info).toContain('cluster_state:ok')
    for (const { id } of topology.nodes) expect(slots).toContain(id)
    expect(get).toBe(letter === 'c' ? '$-1\r\n' : `-MOVED 12182 127.0.0.1:${c}\r\n`)
  }
  expect(await node('d').talk.ask(['GET', '{b}'], ['READONLY'], ['GET', '{b}'], ['SET', '{b}', '1'])).toEqual([
    `-MOVED 3300 127.0.0.1:${a}\r\n`,
    '+OK\r\n',
    '$-1\r\n',
    `-MOVED 3300 127.0.0.1:${a}\r\n`,
  ])
  expect(await node('d').talk.ask(['READWRITE'], ['GET', '{b}'])).toEqual(['+OK\r\n', `-MOVED 3300 127.0.0.1:${a}\r\n`])
})

test('a client that waits for a key is sent to where its slot has gone', async () => {
  const { topology, node, tell } = await start()
  const reader = await node('a').connect()
  await reader.ask(['XGROUP', 'CREATE', '{b}stream', 'group', '$', 'MKSTREAM'])
  reader.write('XREADGROUP GROUP group me BLOCK 0 STREAMS {b}stream >\r\n')
  const waiting = await node('a').connect()
  const stays = await node('a').connect()
  waiting.write('BLPOP {b} 0\r\n')
  stays.write('BLPOP a{bar} 0\r\n')
  await waitingAt(node('a').talk, 3)
  tell(moving(topology, 3300, 'b'))
  expect(await waiting.next()).toBe(`-MOVED 3300 127.0.0.1:${node('b').port}\r\n`)
  // Its stream is deleted here, which is not what it is to hear.
  expect(await reader.next()).toBe(`-MOVED 3300 127.0.0.1:${node('b').port}\r\n`)
  await node('a').talk.ask(['RPUSH', 'a{bar}', 'x'])
  expect(await stays.next()).toBe('*2\r\n$6\r\na{bar}\r\n$1\r\nx\r\n')
})

test('a transaction is sent to where its slot has gone, and is over', async () => {
  const { topology, node, tell } = await start()
  const { talk } = node('a')
  await talk.ask(['MULTI'], ['GET', '{b}'])
  tell(moving(topology, 3300, 'b'))
  expect(await talk.ask(['EXEC'], ['EXEC'])).toEqual([
    `-MOVED 3300 127.0.0.1:${node('b').port}\r\n`,
    '-ERR EXEC without MULTI\r\n',
  ])
})

test('subscribers of a shard channel are told that it has gone with its slot', async () => {
  const { topology, node, tell } = await start()
  const [subscriber, reader] = [await node('a').connect(), await node('d').connect()]
  for (const talk of [subscriber, reader]) await talk.ask(['SSUBSCRIBE', '{b}'])
  tell(moving(topology, 3300, 'b'))
  for (const talk of [subscriber, reader]) {
    expect(await talk.next()).toBe('*3\r\n$12\r\nsunsubscribe\r\n$3\r\n{b}\r\n:0\r\n')
    // It may say anything again.
    expect(await talk.ask(['ECHO', 'x'])).toEqual(['$1\r\nx\r\n'])
  }
})

test('a failover is seen at once: the replica serves, its former primary sends clients there', async () => {
  const { topology, node, tell } = await start()
  const [a, d] = [node('a'), node('d')]
  const failed: Topology = {
    epoch: 4,
    nodes: topology.nodes.map((each) => {
      if (each.id === idOf('a')) return { ...each, replicaOf: idOf('d'), slots: [] }
      if (each.id !== idOf('d')) return each
      const { replicaOf: _, ...own } = each
      return { ...own, slots: [[0, 5460]], epoch: 4 }
    }),
  }
  tell(failed)
  expect(await d.talk.ask(['SET', '{b}', '1'])).toEqual(['+OK\r\n'])
  expect(await a.talk.ask(['SET', '{b}', '1'])).toEqual([`-MOVED 3300 127.0.0.1:${d.port}\r\n`])
})

test('keys of slots that others have now are deleted, unless the node has become a replica', async () => {
  const { topology, node, tell } = await start()
  const { talk } = node('a')
  await talk.ask(['SET', '{b}1', '1'], ['SET', '{b}2', '1'], ['SET', 'bar', '1'])
  tell(moving(topology, 3300, 'b'))
  expect(await talk.ask(['DBSIZE'], ['CLUSTER', 'COUNTKEYSINSLOT', '3300'], ['GET', 'bar'])).toEqual([
    ':1\r\n',
    ':0\r\n',
    '$1\r\n1\r\n',
  ])
})

test('the slots of a node that is gone are down, unless not all of them are needed', async () => {
  const { topology, node, tell } = await start()
  tell({
    ...topology,
    nodes: topology.nodes.map((each) => (each.id === idOf('c') ? { ...each, health: 'fail' as const } : each)),
  })
  const { talk } = node('a')
  const [info = '', get, , moved, slots = ''] = await talk.ask(
    ['CLUSTER', 'INFO'],
    ['GET', '{b}'],
    ['CONFIG', 'SET', 'cluster-require-full-coverage', 'no'],
    ['GET', 'foo'],
    ['CLUSTER', 'NODES'],
  )
  expect(info).toContain('cluster_state:fail\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:10923\r\n')
  expect(get).toBe('-CLUSTERDOWN The cluster is down\r\n')
  expect(moved).toBe(`-MOVED 12182 127.0.0.1:${node('c').port}\r\n`)
  expect(slots).toMatch(/^c{40} \S+ master,fail - /m)
})

test('CLUSTER FAILOVER asks whoever knows who is who', async () => {
  const asked: string[] = []
  const failover = (kind: string) => {
    asked.push(kind)
    return kind === 'graceful' ? undefined : 'ERR not now'
  }
  const { node } = await start({ cluster: { failover } })
  expect(
    await node('d').talk.ask(['CLUSTER', 'FAILOVER'], ['CLUSTER', 'FAILOVER', 'FORCE'], ['CLUSTER', 'FAILOVER', 'x']),
  ).toEqual(['+OK\r\n', '-ERR not now\r\n', '-ERR syntax error\r\n'])
  expect(asked).toEqual(['graceful', 'force'])
})

test('a replica that nobody leads takes over its primary by itself only when it is told so', async () => {
  const { node } = await start()
  const { talk, port } = node('d')
  const [graceful, force, takeover, set, nodes = ''] = await talk.ask(
    ['CLUSTER', 'FAILOVER'],
    ['CLUSTER', 'FAILOVER', 'FORCE'],
    ['CLUSTER', 'FAILOVER', 'TAKEOVER'],
    ['SET', '{b}', '1'],
    ['CLUSTER', 'NODES'],
  )
  expect([graceful, force].map((each) => /^-ERR .*no cluster bus/.test(each ?? ''))).toEqual([true, true])
  expect([takeover, set]).toEqual(['+OK\r\n', '+OK\r\n'])
  expect(nodes).toContain(`${idOf('d')} 127.0.0.1:${port}@17003 myself,master - 0 0 4 connected 0-5460`)
  expect(nodes).toMatch(/^a{40} \S+ slave d{40} /m)
})

test('what clients are told fits what they speak', async () => {
  // TLS and plain text have places of their own; what is only in one of them, all go to.
  const { topology, node, tell } = await start()
  tell({
    ...topology,
    nodes: topology.nodes.map((each) =>
      each.id === idOf('c') ? { ...each, tlsPort: 7100, port: 0, hostname: 'c.example' } : each,
    ),
  })
  expect(await node('a').talk.ask(['GET', 'foo'])).toEqual(['-MOVED 12182 127.0.0.1:7100\r\n'])
})

test('slots go over as a whole while clients write: those who ask for them wait, and no key is lost', async () => {
  const { topology, node, tell } = await start()
  const [a, b] = [node('a'), node('b')]
  const writer = await a.connect()
  const keys = Array.from({ length: 300 }, (_, i) => `{b}${i}`)
  await a.talk.ask(
    ...keys.map((key) => ['SET', key, `value of ${key}`]),
    ['EXPIREAT', '{b}7', '32503680000'],
    ['RPUSH', '{b}list', ...keys],
    ['HSET', '{b}hash', ...keys],
    ['XADD', '{b}stream', '1-1', 'f', 'v'],
    ['SET', 'bar', 'stays'],
  )
  // A copy from before, which is older.
  await b.node.takeSlots([3300], a.node.giveSlots([3300]))
  a.node.keepSlots([3300])
  await a.talk.ask(['DEL', '{b}0'], ['SET', '{b}1', 'changed'])
  const pieces = a.node.giveSlots([3300])
  writer.write('INCR {b}count\r\n')
  expect(await a.talk.ask(['GET', 'bar'])).toEqual(['$5\r\nstays\r\n'])
  expect(await b.node.takeSlots([3300], pieces)).toBe(302)
  tell(moving(topology, 3300, 'b'))
  expect(await writer.next()).toBe(`-MOVED 3300 127.0.0.1:${b.port}\r\n`)
  expect(
    await b.talk.ask(
      ['CLUSTER', 'COUNTKEYSINSLOT', '3300'],
      ['GET', '{b}1'],
      ['EXPIRETIME', '{b}7'],
      ['LLEN', '{b}list'],
      ['HLEN', '{b}hash'],
      ['XLEN', '{b}stream'],
    ),
  ).toEqual([':302\r\n', '$7\r\nchanged\r\n', ':32503680000\r\n', ':300\r\n', ':150\r\n', ':1\r\n'])
  expect(await a.talk.ask(['DBSIZE'])).toEqual([':1\r\n'])
})

test('clients that waited for slots which stay after all are served', async () => {
  const { topology, node, tell } = await start()
  const a = node('a')
  const pieces = a.node.giveSlots([3300])
  const waiting = await a.connect()
  waiting.write('MULTI\r\nINCR {b}1\r\nEXEC\r\n')
  expect(await waiting.next()).toBe('+OK\r\n')
  for await (const _ of pieces);
  // A topology that has them here changes nothing.
  tell(moving(topology, 12182, 'b'))
  expect(await a.talk.ask(['GET', 'bar'], ['CLUSTER', 'COUNTKEYSINSLOT', '3300'])).toEqual(['$-1\r\n', ':0\r\n'])
  a.node.keepSlots([3300])
  expect([await waiting.next(), await waiting.next()]).toEqual(['+QUEUED\r\n', '*1\r\n:1\r\n'])
})

test('a client that waits hears of changes of the node itself once they are done', async () => {
  const { node } = await start()
  const [a, waiting] = [node('a'), await node('a').connect()]
  waiting.write('BLPOP {b} 0\r\n')
  await waitingAt(a.talk, 1)
  await a.talk.ask(['CLUSTER', 'DELSLOTS', '3300'], ['CLUSTER', 'ADDSLOTS', '3300'], ['RPUSH', '{b}', 'x'])
  expect(await waiting.next()).toBe('*2\r\n$3\r\n{b}\r\n$1\r\nx\r\n')
  waiting.write('BLPOP {b} 0\r\n')
  await waitingAt(a.talk, 1)
  await a.talk.ask(['CLUSTER', 'DELSLOTS', '3300'])
  expect(await waiting.next()).toBe('-CLUSTERDOWN The cluster is down\r\n')
})
