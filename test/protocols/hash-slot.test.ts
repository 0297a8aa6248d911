import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keySlot, SLOTS } from '../../src/protocols/resp/hash-slot.ts'
import type { Reply } from '../../src/protocols/resp/reply.ts'
import { hasRedis, NEEDS_REDIS, startRedis } from '../support/redis-server.ts'

describe('the slot of a key', () => {
  it.each([
    ['123456789', 0x31c3],
    ['', 0],
    ['{user1000}.following', 3443],
    ['foo{}{bar}', 8363],
    ['foo{{bar}}zap', 4015],
    ['foo{bar}{zap}', 5061],
  ])('of %j is as the specification has it', (key, slot) => {
    expect(keySlot(key)).toBe(slot)
    expect(slot).toBeLessThan(SLOTS)
  })

  it.skipIf(!hasRedis)(`is the one a real server tells, of any bytes ${NEEDS_REDIS}`, async () => {
    const server = await startRedis(['--cluster-enabled', 'yes'])
    const braces = fc.constantFrom(Buffer.from('{'), Buffer.from('}'), Buffer.from('{}'))
    const some = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))
    const keys = fc.sample(fc.array(fc.oneof(braces, some), { maxLength: 6 }).map(Buffer.concat), 3000)
    const told: Reply[] = await server.send(...keys.map((key) => ['CLUSTER', 'KEYSLOT', key]))
    expect(keys.map((key) => BigInt(keySlot(key)))).toEqual(told)
  })
})
