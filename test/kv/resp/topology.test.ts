import { describe, expect, it } from 'vitest'
import { readShards, readSlots, shardOf } from '../../../src/kv/resp/topology.ts'
import type { Reply } from '../../../src/protocols/resp/reply.ts'

const ASKED = { host: 'asked.example', port: 6379 }

const map = (record: Readonly<Record<string, Reply>>): Reply => ({ kind: 'map', entries: Object.entries(record) })
const flat = (record: Readonly<Record<string, Reply>>): Reply => Object.entries(record).flat()

describe('what CLUSTER SHARDS tells', () => {
  it.each([
    ['RESP3', map],
    ['RESP2', flat],
  ])('is read in %s: slots, primary, replicas; not those that have failed', (_, record) => {
    const node = (port: bigint, role: string, health = 'online') =>
      record({ port, endpoint: '10.0.0.1', ip: '10.0.0.1', role, health })
    const shards = readShards(
      [
        record({
          slots: [0n, 99n, 200n, 200n],
          nodes: [node(1n, 'replica'), node(2n, 'master'), node(3n, 'replica', 'fail')],
        }),
        record({ slots: [], nodes: [node(4n, 'master')] }),
      ],
      ASKED,
      false,
    )
    expect(shards).toEqual([
      {
        slots: [
          [0, 99],
          [200, 200],
        ],
        primary: { host: '10.0.0.1', port: 2 },
        replicas: [{ host: '10.0.0.1', port: 1 }],
      },
    ])
    expect([99, 100, 200].map((slot) => shardOf(shards, slot)?.primary.port)).toEqual([2, undefined, 2])
  })

  it.each([
    ['null', null, 'asked.example'],
    ['nothing', '', 'asked.example'],
    ['a name it lacks', '?', '10.0.0.9'],
  ])('leads to where the node is when its endpoint is %s', (_, told, host) => {
    const node = map({
      port: 7n,
      'tls-port': 8n,
      endpoint: told,
      ...(told === '?' && { ip: '10.0.0.9' }),
      role: 'master',
      health: 'online',
    })
    const shard = map({ slots: [0n, 1n], nodes: [node] })
    expect(readShards([shard], ASKED, false)[0]?.primary).toEqual({ host, port: 7 })
    expect(readShards([shard], ASKED, true)[0]?.primary).toEqual({ host, port: 8 })
  })
})

describe('what CLUSTER SLOTS tells', () => {
  it('is read as shards, the ranges of a primary together', () => {
    const one = [Buffer.from('10.0.0.1'), 1n, Buffer.from('id'), []]
    const two = [null, 2n, Buffer.from('id')]
    expect(
      readSlots(
        [
          [0n, 9n, one, two],
          [20n, 29n, one, two],
          [10n, 19n, two],
        ],
        ASKED,
      ),
    ).toEqual([
      {
        slots: [
          [0, 9],
          [20, 29],
        ],
        primary: { host: '10.0.0.1', port: 1 },
        replicas: [{ host: 'asked.example', port: 2 }],
      },
      { slots: [[10, 19]], primary: { host: 'asked.example', port: 2 }, replicas: [] },
    ])
  })

  it('is nothing where it makes no sense', () => {
    for (const reply of [null, 'OK', [null, 'x'], [[1n, 2n]]] satisfies Reply[]) {
      expect(readSlots(reply, ASKED)).toEqual([])
      expect(readShards(reply, ASKED, false)).toEqual([])
    }
  })
})
