import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { readNodesFile } from '../../../src/redis/cluster/nodes-file.ts'
import { readServerLine } from '../../../src/redis/stand-alone/command-line.ts'
import { readText, runNode } from '../../../src/redis/stand-alone/run.ts'
import { idOf } from '../support/clusters.ts'
import { Talk } from '../support/talk.ts'

const REDIS_7 = `${idOf('a')} 127.0.0.1:7000@17000,a.example myself,master - 0 0 5 connected 0-5 7 [7->-${idOf('b')}] [9-<-${idOf('b')}]
${idOf('b')} ::1:7001@17001 master,fail - 0 1 2 connected 8
${idOf('c')} 127.0.0.1:7002@17002 slave ${idOf('b')} 0 1 2 connected
${idOf('d')} :0@0 slave,noaddr - 0 0 0 disconnected
vars currentEpoch 5 lastVoteEpoch 0
`

test('a file of Redis 7.0 is read, whose shards go by their primaries', () => {
  expect(readNodesFile(REDIS_7)).toEqual({
    id: idOf('a'),
    topology: {
      epoch: 5,
      nodes: [
        {
          ...{ id: idOf('a'), ip: '127.0.0.1', port: 7000, busPort: 17_000, hostname: 'a.example', epoch: 5 },
          ...{
            shard: idOf('a'),
            slots: [
              [0, 5],
              [7, 7],
            ],
          },
        },
        {
          ...{ id: idOf('b'), ip: '::1', port: 7001, busPort: 17_001, epoch: 2, shard: idOf('b') },
          ...{ slots: [[8, 8]], health: 'fail' },
        },
        {
          ...{ id: idOf('c'), ip: '127.0.0.1', port: 7002, busPort: 17_002, epoch: 2, shard: idOf('b') },
          ...{ slots: [], replicaOf: idOf('b') },
        },
      ],
    },
    migrating: new Map([[7, idOf('b')]]),
    importing: new Map([[9, idOf('b')]]),
  })
})

test('a file of Valkey is read', () => {
  const text = `${idOf('a')} 10.0.0.1:7000@17000,,tls-port=7100,shard-id=${idOf('1')} myself,master - 0 0 1 connected 0-16383\nvars currentEpoch 1 lastVoteEpoch 0\n`
  expect(readNodesFile(text)?.topology.nodes).toEqual([
    {
      ...{ id: idOf('a'), ip: '10.0.0.1', port: 7000, busPort: 17_000, tlsPort: 7100, epoch: 1, shard: idOf('1') },
      slots: [[0, 16_383]],
    },
  ])
})

test('what is no such file is told as that, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(REDIS_7.length), fc.nat(20), (noise, at, length) => {
      expect(readNodesFile(noise)).toBeUndefined()
      const broken = REDIS_7.slice(0, at) + noise + REDIS_7.slice(at + length)
      const read = readNodesFile(broken)
      if (read !== undefined) expect(read.id).toMatch(/^[0-9a-f]{40}$/)
    }),
  )
})

for (const engine of ['redis', 'valkey'] as const) {
  test(`a ${engine} node that stands alone is after a restart what it was made`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cachectl-node-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const line = ['--port', '-1', '--bind', '127.0.0.1', '--dir', directory, '--cluster-enabled', 'yes']
    const run = async () => {
      const node = await runNode(
        readServerLine(engine, line, readText),
        () => undefined,
        () => undefined,
      )
      const talk = await Talk.to(node.addresses[0]?.port ?? 0)
      return { node, talk }
    }
    const first = await run()
    const [, id, shard, , , set] = await first.talk.ask(
      ['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'],
      ['CLUSTER', 'MYID'],
      ['CLUSTER', 'SHARDS'],
      ['CLUSTER', 'BUMPEPOCH'],
      ['CLUSTER', 'DELSLOTS', '5'],
      ['CLUSTER', 'SET-CONFIG-EPOCH', '7'],
    )
    expect(set).toBe('-ERR Node config epoch is already non-zero\r\n')
    first.talk.end()
    await first.node.close()
    const second = await run()
    onTestFinished(() => second.node.close())
    onTestFinished(() => second.talk.end())
    const [sameId, nodes = ''] = await second.talk.ask(['CLUSTER', 'MYID'], ['CLUSTER', 'NODES'])
    expect([sameId, shard?.includes(id?.slice(5, 45) ?? '')]).toEqual([id, true])
    expect(nodes).toContain('myself,master - 0 0 1 connected 0-4 6-16383\n')
    expect(existsSync(join(directory, 'nodes.conf.new'))).toBe(false)
    expect(readFileSync(join(directory, 'nodes.conf'), 'utf8')).toContain('vars currentEpoch 1 ')
    writeFileSync(join(directory, 'nodes.conf'), 'something else')
    await expect(run()).rejects.toThrow('this is no file of a cluster')
  })
}
