import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { RedisNode } from '../../../../src/engine/nodes/redis/node.ts'
import { reachOf } from '../../../../src/engine/nodes/redis/reach.ts'
import { keysOf } from '../../../../src/engine/nodes/redis/restricted.ts'
import { moveSlots } from '../../../../src/engine/nodes/redis/slots.ts'
import type { Member, RedisSpec } from '../../../../src/engine/nodes/redis/spec.ts'
import { keySlot } from '../../../../src/protocols/resp/hash-slot.ts'
import { eventually } from '../../../support/eventually.ts'
import {
  ALL_SERVERS,
  kill,
  nextPort,
  OPEN,
  type ServerName,
  say,
  specOf,
  startNode,
} from '../../../support/redis-node.ts'

interface Running {
  readonly spec: RedisSpec
  readonly node: RedisNode
}

const SLOTS = 16_384
const id = () => randomBytes(20).toString('hex')

/** Members of so many shards of a primary and a replica each. */
function topologyOf(shards: number): Member[] {
  return Array.from({ length: shards }, (_, index) => {
    const first = Math.floor((SLOTS * index) / shards)
    const slots = [[first, Math.floor((SLOTS * (index + 1)) / shards) - 1] as const]
    const member = (primary: boolean): Member => ({
      ...{ nodeId: id(), port: nextPort(), busPort: nextPort(), shard: `000${index + 1}` },
      ...{ slots, primary },
    })
    return [member(true), member(false)]
  }).flat()
}

const secret = randomBytes(8).toString('hex')
const liveOf = (topology: readonly Member[]) => ({ ...OPEN, topology })

async function run(
  name: ServerName,
  topology: readonly Member[],
  { nodeId, port }: Member,
  incarnation = 1,
  before?: RedisSpec,
): Promise<Running> {
  const spec = specOf(name, { ...before, secret, nodeId, port, incarnation, live: liveOf(topology) })
  return { spec, node: await startNode(spec) }
}

const isWell = async ({ node }: Running) => {
  const { agrees, inSync, clusterOk } = await node.status()
  return agrees && inSync && clusterOk
}
const areWell = async (group: readonly Running[]) => (await Promise.all(group.map(isWell))).every(Boolean)

describe.each(ALL_SERVERS)(
  'a group in cluster mode of $name (skipped where it is not installed)',
  ({ name, isMissing, isEmbedded }) => {
    test.skipIf(isMissing)('has the primary that the engine has chosen, whatever clients say', async () => {
      const topology = topologyOf(1)
      const group = await Promise.all(topology.map((member) => run(name, topology, member)))
      await eventually('all is well', () => areWell(group))
      const [, replica] = group as [Running, Running]
      for (const how of [[], ['FORCE'], ['TAKEOVER']]) {
        expect(await say(replica.spec.port, 'CLUSTER', 'FAILOVER', ...how)).toMatch(/^ERR unknown (sub)?command/)
        const call = ['CLUSTER', 'FAILOVER', ...how].map((word) => `'${word}'`).join()
        expect(await say(replica.spec.port, 'EVAL', `return redis.call(${call})`, '0')).toMatch(/^ERR |^NOPERM /)
      }
      expect((await replica.node.status()).role).toBe('replica')
      expect(await areWell(group)).toBe(true)
    })

    test.skipIf(isMissing)('forms, fails over, takes back what it lost, and grows', async () => {
      const topology = topologyOf(3)
      const group = await Promise.all(topology.map((member) => run(name, topology, member)))
      await eventually('all is well', () => areWell(group))
      const [lost, heir, other] = group as [Running, Running, Running, ...Running[]]
      const key = Array.from({ length: 1000 }, (_, n) => `key${n}`).find((each) => keySlot(each) < 5000) ?? ''
      expect(await say(lost.spec.port, 'SET', key, '1')).toBe('OK')
      expect(await say(other.spec.port, 'GET', key)).toBe(`MOVED ${keySlot(key)} 127.0.0.1:${lost.spec.port}`)
      await eventually(
        'the replica has it',
        async () => (await heir.node.status()).offset === (await lost.node.status()).offset,
      )

      await kill(lost.node)
      const [first, second] = topology as [Member, Member, ...Member[]]
      const after = [{ ...first, primary: false }, { ...second, primary: true }, ...topology.slice(2)]
      await heir.node.adjust(liveOf(after))
      // Servers hear of it from each other.
      if (isEmbedded) for (const { node } of group.slice(2)) await node.adjust(liveOf(after))
      await eventually(
        'the replica serves its slots',
        async () => (await say(heir.spec.port, 'SET', key, '2')) === 'OK',
      )
      await eventually('the others know', async () =>
        (await say(other.spec.port, 'GET', key)).endsWith(String(heir.spec.port)),
      )
      await lost.node.stop()
      const back = await run(name, after, { ...first, primary: false }, 2, lost.spec)
      for (const { node } of group.slice(2)) await node.adjust(liveOf(after))
      const whole = [back, ...group.slice(1)]
      await eventually('the lost one is a replica, and all is well', () => areWell(whole))
      expect((await back.node.status()).role).toBe('replica')

      const more = [{ nodeId: id(), port: nextPort(), busPort: nextPort(), shard: '0004', slots: [], primary: true }]
      const grown = [...after, ...more]
      const added = await run(name, grown, grown.at(-1) as Member)
      for (const { node } of whole) await node.adjust(liveOf(grown))
      await eventually(
        'all know the new shard',
        async () =>
          (await say(other.spec.port, 'CLUSTER', 'INFO')).includes('known_nodes:7') &&
          (await areWell([...whole, added])),
      )
      await added.node.stop()
      for (const { node } of whole) await node.adjust(liveOf(after))
      await eventually('it is forgotten', async () =>
        (await say(other.spec.port, 'CLUSTER', 'INFO')).includes('known_nodes:6'),
      )
    })

    test.skipIf(isMissing)('meets a newcomer again that a node behind the times had all forget', async () => {
      const former = topologyOf(2).filter(({ primary }) => primary)
      const shard: Member = {
        nodeId: id(),
        port: nextPort(),
        busPort: nextPort(),
        shard: '0003',
        slots: [],
        primary: true,
      }
      const grown = [...former, shard]
      const group = await Promise.all(grown.map((member) => run(name, grown, member)))
      await eventually('all is well', () => areWell(group))
      const [behind, other, newcomer] = group as [Running, Running, Running]
      const knownTo = ({ spec }: Running) => say(spec.port, 'CLUSTER', 'INFO')
      await behind.node.adjust(liveOf(former))
      await eventually('it has forgotten', async () => (await knownTo(behind)).includes('known_nodes:2'))
      if (name === 'valkey-server') {
        await eventually('it has told the other', async () => (await knownTo(other)).includes('known_nodes:2'))
      }
      expect(await isWell(newcomer)).toBe(true)
      await behind.node.adjust(liveOf(grown))
      await eventually('all is well', () => areWell(group))
      for (const each of group) expect(await knownTo(each)).toContain('known_nodes:3')
    })

    test.skipIf(isMissing)('hands over between nodes that are well, and writes go on', async () => {
      const topology = topologyOf(1)
      const group = await Promise.all(topology.map((member) => run(name, topology, member)))
      await eventually('all is well', () => areWell(group))
      const swapped = topology.map((member) => ({ ...member, primary: !member.primary }))
      await Promise.all(group.map(({ node }) => node.adjust(liveOf(swapped))))
      await eventually('they have changed places', () => areWell(group))
      expect(await say(group[1]?.spec.port ?? 0, 'SET', 'a', '1')).toBe('OK')
    })

    test.skipIf(isMissing)('moves slots with their keys, again where that was broken off', async () => {
      const members = topologyOf(2).filter(({ primary }) => primary)
      const group = await Promise.all(members.map((member) => run(name, members, member)))
      await eventually('all is well', () => areWell(group))
      const [from, to] = group as [Running, Running]
      const keys = Array.from({ length: 500 }, (_, n) => `{tag}${n}`)
      const slot = keySlot('{tag}')
      const [giver, taker] = slot < SLOTS / 2 ? [from, to] : [to, from]
      for (const key of keys) await say(giver.spec.port, 'SET', key, 'value')
      const move = {
        slots: [slot - 1, slot, slot + 1],
        to: { nodeId: taker.spec.nodeId ?? '', innerPort: taker.spec.innerPort },
      }
      expect(await giver.node.moveSlots(move)).toEqual({ keys: 500, kept: [] })
      expect(await giver.node.moveSlots(move)).toEqual({ keys: 0, kept: [] })
      expect(await say(taker.spec.port, 'CLUSTER', 'COUNTKEYSINSLOT', String(slot))).toBe('500')
      expect(await say(taker.spec.port, 'GET', '{tag}7')).toBe('value')
      expect(await say(giver.spec.port, 'GET', '{tag}7')).toBe(`MOVED ${slot} 127.0.0.1:${taker.spec.port}`)
      await eventually('all is well', () => areWell(group))
    })

    test.skipIf(isMissing)('keeps slots that do not fit elsewhere, or hold too large a value, whole', async () => {
      const topology = topologyOf(2).filter(({ primary }) => primary)
      const group = await Promise.all(topology.map((member) => run(name, topology, member)))
      await eventually('all is well', () => areWell(group))
      const [giver, taker] = group as [Running, Running]
      const { port, innerPort, nodeId = '', directory } = giver.spec
      const tagOf = (wanted: (slot: number) => boolean) =>
        Array.from({ length: 1000 }, (_, n) => `{t${n}}`).find((each) => wanted(keySlot(each))) ?? ''
      const large = tagOf((slot) => slot < 4000)
      const many = tagOf((slot) => slot > 4000 && slot < 8000)
      await say(port, 'SET', large, 'x'.repeat(3_000_000))
      await say(port, 'FUNCTION', 'LOAD', "#!lua name=l\nredis.register_function('f', function() return 1 end)")
      for (let n = 0; n < 300; n++) await say(port, 'SET', `${many}${n}`, 'x'.repeat(20_000))
      await taker.node.adjust({
        ...liveOf(topology),
        directives: { maxmemory: '6000000', 'maxmemory-policy': 'noeviction' },
      })
      const to = { nodeId: taker.spec.nodeId ?? '', innerPort: taker.spec.innerPort, isNew: true }
      const slots = [keySlot(large), keySlot(many), 8100]
      const socket = reachOf(directory).socket
      const moved = await moveSlots({ nodeId, keys: keysOf(secret), socket, innerPort }, { slots, to }, 1_000_000)
      expect(moved.kept).toEqual([
        { slot: keySlot(large), why: 'large' },
        { slot: keySlot(many), why: 'full' },
      ])
      const counts = slots.map((slot) => say(port, 'CLUSTER', 'COUNTKEYSINSLOT', String(slot)))
      expect(await Promise.all(counts)).toEqual(['1', '300', '0'])
      const left = slots.map((slot) => say(taker.spec.port, 'CLUSTER', 'COUNTKEYSINSLOT', String(slot)))
      expect(await Promise.all(left)).toEqual(['0', '0', '0'])
      expect(await say(port, 'SET', `${many}more`, '1')).toBe('OK')
      expect(await say(port, 'CLUSTER', 'NODES')).not.toContain('->-')
      expect(await say(taker.spec.port, 'CLUSTER', 'NODES')).not.toContain('-<-')
      expect(await say(taker.spec.port, 'FCALL', 'f', '0')).toBe('1')
    })
  },
)
