import { describe, expect, test } from 'vitest'
import type { RedisNode } from '../../../../src/engine/nodes/redis/node.ts'
import { eventually } from '../../../support/eventually.ts'
import { kill, OPEN, SERVERS, say, specOf, startNode, TestClient } from '../../../support/redis-node.ts'

const DEATHS = 5
const WRITERS = 4

const isSynced = async (node: RedisNode) => {
  const { role, inSync } = await node.status()
  return role === 'replica' && inSync
}

/** Writes until its connection ends. Answers the keys of which it was told that they are kept. */
async function writeUntilTheEnd(port: number, writer: string): Promise<string[]> {
  const client = new TestClient(port)
  const kept: string[] = []
  for (let number = 0; ; number++) {
    const key = `${writer}:${number}`
    if ((await client.say('SET', key, 'value'.repeat(100))) !== 'OK') return kept
    kept.push(key)
  }
}

describe.each(SERVERS)(
  'what a primary of $name had acknowledged (skipped where it is not installed)',
  ({ name, isMissing }) => {
    test.skipIf(isMissing)('its replica has, when that takes its place', async () => {
      for (let death = 0; death < DEATHS; death++) {
        const primary = specOf(name)
        const role = { replicaOf: { port: primary.port, innerPort: primary.innerPort } }
        const replica = specOf(name, { secret: primary.secret, live: { ...OPEN, role } })
        const [first, second] = [await startNode(primary), await startNode(replica)]
        await eventually('the replica is in sync', () => isSynced(second))
        const writers = Array.from({ length: WRITERS }, (_, index) => writeUntilTheEnd(primary.port, `w${index}`))
        await eventually('some is written', async () => Number(await say(primary.port, 'DBSIZE')) > 200)
        const ended = new Promise((resolve) => first.onEnd(resolve))
        await kill(first)
        await ended
        await Promise.all([first.stop(), second.adjust({ ...OPEN, role: 'primary' })])
        await eventually('the replica is the primary', async () => (await second.status()).agrees)
        const kept = (await Promise.all(writers)).flat()
        expect(kept.length).toBeGreaterThan(200)
        expect(await say(replica.port, 'EXISTS', ...kept)).toBe(String(kept.length))
      }
    })
  },
)
