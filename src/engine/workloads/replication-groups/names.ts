/** What the parts of a replication group are called. Pure. */
import { regionFacts } from '../../../api/catalog/regions.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'

const padded = (number: number, digits: number): string => String(number).padStart(digits, '0')

/** The only shard with cluster mode disabled, and the first with cluster mode enabled. */
export const shardId = (number: number): string => padded(number, 4)

/**
 * Ids for `count` more members: `shop-002` with cluster mode disabled, `shop-0001-002` with it enabled. The smallest numbers that
 * no cache cluster has; that a number is given again at once is a guess.
 */
export function memberIds(group: string, shard: string | null, count: number, isTaken: (id: string) => boolean) {
  const prefix = shard === null ? group : `${group}-${shard}`
  const ids: string[] = []
  for (let number = 1; ids.length < count; number++) {
    const id = `${prefix}-${padded(number, 3)}`
    if (!isTaken(id)) ids.push(id)
  }
  return ids
}

/**
 * Whom a certificate of its servers is for. With encryption required hosts are `master.shop.abc123.usw2.cache.amazonaws.com` and the
 * like; until then they have the names of hosts without encryption (measured on AWS), which are in it too, that a client that
 * prefers encryption finds the name it asked for.
 */
export function certificateNames({ region, id, token }: Pick<ReplicationGroupRecord, 'region' | 'id' | 'token'>) {
  const domain = `${regionFacts(region)?.code ?? region}.cache.amazonaws.com`
  const own = `*.${id}.${token}.${domain}`
  const withoutEncryption = ['ng.0001', '0001', 'clustercfg'].map((part) => `*.${token}.${part}.${domain}`)
  return { subject: own, names: ['localhost', own, ...withoutEncryption] }
}
