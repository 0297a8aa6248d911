import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerlessCache } from '@aws-sdk/client-elasticache'
import type { TestEngine } from '../../../support/engine.ts'
import { TestClient } from '../../../support/redis-node.ts'
import { createdCache } from '../../../support/serverless.ts'
import { SERVERS } from '../../../support/servers.ts'

/** What nodes can be, by the engine they are of. */
const RUNNABLE = new Map(
  SERVERS.filter(({ isMissing }) => !isMissing).map(({ name }) => [
    name === 'valkey-server' ? 'valkey' : 'redis',
    name,
  ]),
)
export const HAS_VALKEY = RUNNABLE.has('valkey')
export const HAS_BOTH = RUNNABLE.size === 2
export const ENGINES = (['redis', 'valkey'] as const).map((engine) => ({ engine, isMissing: !RUNNABLE.has(engine) }))
export const SKIPPED = '(skipped without redis-server and valkey-server)'

/** A cache of Valkey that is available. */
export const created = (engine: TestEngine, more: object = {}): Promise<ServerlessCache> =>
  createdCache(engine, 'shop', { Engine: 'valkey', ...more })

/** A client of the cache's endpoint, with TLS. */
export const clientOfCache = (
  { stateDir }: Pick<TestEngine, 'stateDir'>,
  { Endpoint, ReaderEndpoint }: ServerlessCache,
  door: 'endpoint' | 'reader' = 'endpoint',
): TestClient =>
  new TestClient((door === 'endpoint' ? Endpoint : ReaderEndpoint)?.Port ?? 0, {
    ca: readFileSync(join(stateDir, 'ca.pem'), 'utf8'),
  })
