/** Data that is to come through a snapshot. */
import { expect } from 'vitest'
import { say } from '../../support/redis-node.ts'

/** One command to whichever node of a cluster has the key. */
async function sayToOwner(port: number, ...command: string[]): Promise<string> {
  const reply = await say(port, ...command)
  const [, owner] = /^MOVED \d+ .*:(\d+)$/.exec(reply) ?? []
  return owner ? say(Number(owner), ...command) : reply
}

const KEYS = Array.from({ length: 40 }, (_, index) => `key:${index}`)

/** Keys of several slots, of several types, and one that expires. */
export async function fill(port: number): Promise<void> {
  for (const key of KEYS) expect(await sayToOwner(port, 'SET', key, `of ${key}`)).toBe('OK')
  await sayToOwner(port, 'RPUSH', 'list', 'a', 'b')
  await sayToOwner(port, 'SET', 'short-lived', '1', 'EX', '10000')
}

/** All of them are there. */
export async function expectFilled(port: number): Promise<void> {
  for (const key of KEYS) expect(await sayToOwner(port, 'GET', key)).toBe(`of ${key}`)
  expect(await sayToOwner(port, 'LLEN', 'list')).toBe('2')
  expect(Number(await sayToOwner(port, 'TTL', 'short-lived'))).toBeGreaterThan(9000)
}
