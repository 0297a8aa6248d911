import { lookup } from 'node:dns/promises'
import { expect, test } from 'vitest'
import { bothLoopbacks } from '../../../src/cli/target/loopback-names.ts'

test('localhost has both loopback addresses, and the one that getaddrinfo does not give is marked', async () => {
  const given = (await lookup('localhost', { all: true })).map(({ address }) => address)
  const all = await bothLoopbacks.lookupAll('localhost')
  expect(new Set(all.map(({ family }) => family))).toEqual(new Set([4, 6]))
  expect(all.filter(({ unnamed }) => !unnamed).map(({ address }) => address)).toEqual(expect.arrayContaining(given))
  expect(all.filter(({ unnamed, address }) => unnamed && given.includes(address))).toEqual([])
})
