import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { learned } from '../../../src/redis/cluster/acquaintance.ts'
import type { Topology, TopologyNode } from '../../../src/redis/cluster/topology.ts'
import { readServerLine } from '../../../src/redis/stand-alone/command-line.ts'
import { readText, runNode } from '../../../src/redis/stand-alone/run.ts'
import { eventually } from '../../support/eventually.ts'
import { idOf } from '../support/clusters.ts'
import { Talk } from '../support/talk.ts'

const node = (letter: string, rest: Partial<TopologyNode> = {}): TopologyNode => {
  const id = idOf(letter)
  return { id, ip: '10.0.0.1', port: 7000, shard: id, slots: [], epoch: 0, ...rest }
}
const told = (topology: Topology, letter: string, nodes: readonly TopologyNode[]) =>
  learned(
    topology,
    idOf('a'),
    { id: idOf(letter), topology: { epoch: 0, nodes }, migrating: new Map(), importing: new Map() },
    { ip: '10.0.0.2', port: 7002 },
  )
const nodeOf = ({ nodes }: Topology, letter: string) => nodes.find(({ id }) => id === idOf(letter))

test('a stranger is known by where it answered, and by what it says of itself, not of others', () => {
  const alone = { epoch: 0, nodes: [node('a', { epoch: 2, slots: [[0, 10]] })] }
  const topology = told(alone, 'b', [node('b', { ip: '', epoch: 3, slots: [[11, 20]] }), node('c')])
  expect(topology).toEqual({
    epoch: 3,
    nodes: [...alone.nodes, node('b', { ip: '10.0.0.2', port: 7002, epoch: 3, slots: [[11, 20]] })],
  })
})

test('a slot that two claim is of the one with the larger epoch', () => {
  const both = { epoch: 3, nodes: [node('a', { epoch: 2, slots: [[0, 10]] }), node('b', { epoch: 1 })] }
  expect(nodeOf(told(both, 'b', [node('b', { epoch: 1, slots: [[5, 15]] })]), 'b')?.slots).toEqual([[11, 15]])
  const topology = told(both, 'b', [node('b', { epoch: 3, slots: [[5, 15]] })])
  expect([nodeOf(topology, 'a')?.slots, nodeOf(topology, 'b')?.slots]).toEqual([[[0, 4]], [[5, 15]]])
})

test('a primary that has lost all slots to another follows it, and so does a replica of one that follows', () => {
  const primary = { epoch: 1, nodes: [node('a', { epoch: 1, slots: [[0, 10]] }), node('b')] }
  const lost = told(primary, 'b', [node('b', { epoch: 2, slots: [[0, 10]] })])
  expect(nodeOf(lost, 'a')).toMatchObject({ replicaOf: idOf('b'), shard: idOf('b'), slots: [] })
  const replica = { epoch: 1, nodes: [node('a', { replicaOf: idOf('b') }), node('b', { slots: [[0, 1]] }), node('c')] }
  const handed = told(replica, 'b', [node('b', { replicaOf: idOf('c') })])
  expect(nodeOf(handed, 'a')?.replicaOf).toBe(idOf('c'))
})

test('of two primaries with one epoch that with the smaller id takes another', () => {
  const both = { epoch: 0, nodes: [node('a'), node('b')] }
  expect(nodeOf(told(both, 'b', [node('b')]), 'a')?.epoch).toBe(1)
})

test('nodes that stand alone and are told to meet become a cluster, and miss one that is gone', async () => {
  const start = async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cachectl-node-'))
    const line = ['--port', '-1', '--bind', '127.0.0.1', '--dir', directory, '--cluster-enabled', 'yes']
    const running = await runNode(
      readServerLine('valkey', [...line, '--cluster-node-timeout', '1000'], readText),
      () => undefined,
      () => undefined,
    )
    const port = running.addresses[0]?.port ?? 0
    const talk = await Talk.to(port)
    onTestFinished(async () => {
      talk.end()
      await running.close()
      rmSync(directory, { recursive: true, force: true })
    })
    return { running, port, talk }
  }
  const [a, b, c] = [await start(), await start(), await start()]
  await a.talk.ask(['CLUSTER', 'ADDSLOTSRANGE', '0', '8191'], ['CLUSTER', 'SET-CONFIG-EPOCH', '1'])
  await b.talk.ask(['CLUSTER', 'ADDSLOTSRANGE', '8192', '16383'], ['CLUSTER', 'SET-CONFIG-EPOCH', '2'])
  expect(await a.talk.ask(['CLUSTER', 'MEET', '127.0.0.1', String(b.port)])).toEqual(['+OK\r\n'])
  expect(await a.talk.ask(['CLUSTER', 'MEET', '127.0.0.1', String(c.port)])).toEqual(['+OK\r\n'])
  for (const { talk } of [a, b, c]) {
    await eventually('all know all', async () => {
      const [info = ''] = await talk.ask(['CLUSTER', 'INFO'])
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')
    })
  }
  // Its own address included, which it has heard of by the others.
  expect((await a.talk.ask(['CLUSTER', 'SLOTS']))[0]).not.toContain('$0\r\n')
  // {b} is in slot 3300, foo in 12182.
  expect(await c.talk.ask(['GET', '{b}'], ['GET', 'foo'])).toEqual([
    `-MOVED 3300 127.0.0.1:${a.port}\r\n`,
    `-MOVED 12182 127.0.0.1:${b.port}\r\n`,
  ])
  const [id = '', leader = ''] = [
    ...(await c.talk.ask(['CLUSTER', 'MYID'])),
    ...(await a.talk.ask(['CLUSTER', 'MYID'])),
  ]
  await a.talk.ask(['SET', '{b}', 'x'])
  expect(await c.talk.ask(['CLUSTER', 'REPLICATE', leader.slice(5, 45)], ['READONLY'])).toEqual(['+OK\r\n', '+OK\r\n'])
  await eventually('c has what a has', async () => (await c.talk.ask(['GET', '{b}']))[0] === '$1\r\nx\r\n')
  await a.talk.ask(['CLUSTER', 'FORGET', id.slice(5, 45)])
  b.talk.end()
  await b.running.close()
  await eventually(
    'a misses b',
    async () => (await a.talk.ask(['CLUSTER', 'NODES']))[0]?.includes('master,fail') === true,
  )
  expect((await a.talk.ask(['CLUSTER', 'NODES']))[0]).not.toContain(id.slice(5, 45))
})
