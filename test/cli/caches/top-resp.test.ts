import { expect, test } from 'vitest'
import { AT_FIRST } from '../../../src/cli/commands/top/keys.ts'
import { lagOf } from '../../../src/cli/commands/top/rates.ts'
import { respRates, respStats } from '../../../src/cli/commands/top/resp-rates.ts'
import { topScreen } from '../../../src/cli/commands/top/view.ts'
import { styleOf } from '../../../src/cli/output/style.ts'

const info = (role: 'master' | 'slave', calls: number, more: Readonly<Record<string, string>> = {}) =>
  respStats({
    role,
    valkey_version: '8.0.1',
    cmdstat_get: `calls=${calls},usec=10`,
    cmdstat_set: `calls=${calls},usec=10`,
    cmdstat_info: `calls=${calls * 100},usec=10`,
    keyspace_hits: String(calls),
    keyspace_misses: '0',
    db0: 'keys=3,expires=1,avg_ttl=0',
    db7: 'keys=2,expires=0,avg_ttl=0',
    master_repl_offset: '1000',
    ...more,
  })

test('operations are those on data, and what a replica is told to write is its primary that has counted it', () => {
  expect(respRates(info('master', 0), info('master', 20), 2)).toMatchObject({
    ...{ operations: 20, hitRate: 1, items: 5, replication: { role: 'primary', offset: 1000 } },
  })
  const replica = respRates(info('slave', 0), info('slave', 20, { master_link_status: 'up' }), 2)
  expect(replica).toMatchObject({ operations: 10, replication: { role: 'replica', linked: true } })
})

test('a replica is behind by what its primary has written more', () => {
  const primary = respRates(info('master', 0), info('master', 1), 1)
  const replica = respRates(info('slave', 0), info('slave', 1, { slave_repl_offset: '400' }), 1)
  expect(lagOf(replica, [primary, replica])).toBe(600)
  expect(lagOf(primary, [primary, replica])).toBeUndefined()
  expect(lagOf(replica, [replica])).toBeUndefined()
})

test.each([20, 60, 80, 132])('members of a group take no more than %i columns', async (width) => {
  const style = await styleOf(false, width, new Date(0))
  const primary = respRates(info('master', 0), info('master', 123_456), 1)
  const replica = respRates(info('slave', 0), info('slave', 123_456), 1)
  const node = (label: string, rates: typeof primary, lagBytes?: number) => ({
    ...{ label, rates, problem: undefined, history: [1, 2], lagBytes },
  })
  const nodes = [node('cart-0001-001', primary), node('cart-0001-002', replica, 12_345_678)]
  const { lines } = topScreen({ title: 'cart', time: '12:00:00Z', nodes }, { width, height: 24 }, style, AT_FIRST)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
  if (width >= 60) expect(lines.join('\n')).toContain('cart-0001-002 ')
  if (width >= 80) expect(lines.join('\n')).toContain('no link')
})
