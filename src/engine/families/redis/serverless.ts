/** What the server behind a serverless cache is told. Pure. */
import type { EngineName } from '../../../api/catalog/engines.ts'
import { SLOTS } from '../../../protocols/resp/hash-slot.ts'
import { redisPrograms } from '../../nodes/redis/settings.ts'
import type { WantedPrograms } from '../../nodes/wanted.ts'
import type { ServerlessNode } from '../family.ts'

/**
 * At the limit, keys with a time to live go, those first that were used longest ago; where there are none, writes are refused (guide,
 * "Setting scaling limits").
 */
const DIRECTIVES = { 'maxmemory-policy': 'volatile-lru', 'cluster-require-full-coverage': 'no' } as const

/**
 * A cluster of one that has all slots and tells clients to go to the endpoint, by the name in its certificate: they may speak to
 * it as to a cluster or not.
 */
export function serverlessPrograms(engine: EngineName, { ecpuPerSecond, server }: ServerlessNode): WantedPrograms {
  if (!server) throw new Error(`a serverless cache of ${engine} is a server`)
  const { port, innerPort, busPort, nodeId, announce, users, iamUsers, rdb, holdsWrites } = server
  return redisPrograms(server.runtime, {
    service: 'serverless',
    engine,
    innerPort,
    announce,
    nodeId,
    fixed: {},
    ...(rdb !== undefined && { rdb }),
    live: {
      topology: [{ nodeId, ...announce, port, busPort, shard: nodeId, slots: [[0, SLOTS - 1]], primary: true }],
      directives: DIRECTIVES,
      users,
      ...(iamUsers.length > 0 && { logins: { isOpen: false, iam: iamUsers } }),
      transit: 'tls',
      holdsWrites,
      ecpuPerSecond,
    },
  })
}
