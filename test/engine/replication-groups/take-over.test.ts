import { expect, test } from 'vitest'
import { holdsAllOf } from '../../../src/engine/workloads/replication-groups/standing.ts'

type Group = Parameters<typeof holdsAllOf>[0]
type Standings = Parameters<typeof holdsAllOf>[1]

// Only what is looked at.
const groupOf = (primary: string, more: object = {}) =>
  ({ shards: [{ id: '0001', primary, members: [{ id: primary, ...more }] }] }) as unknown as Group
// Only what is looked at.
const standing = (id: string, said: object) => new Map([[id, said]]) as unknown as Standings

const took = (said: object, fed: number | undefined, more: object = {}) =>
  holdsAllOf(groupOf('home', more), standing('home', said), groupOf('away'), standing('away', { fed }))

test('a group takes over when it is as far as the former one, which takes no writes any more', () => {
  expect(took({ agrees: true, offset: 7 }, 7)).toBe(true)
  expect(took({ agrees: true, offset: 8 }, 7)).toBe(false)
  expect(took({ agrees: false, offset: 7 }, 7)).toBe(false)
  expect(took({ agrees: true, offset: 7 }, undefined)).toBe(false)
})

test('a group takes over with what it has where the former server has ended', () => {
  expect(took({}, undefined, { lost: true })).toBe(true)
})
