import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clientVariables, DEFAULT_REGION, engineFiles } from '../api/local-engine.ts'
import { type Cache, endpointsOf } from '../cli/caches/cache.ts'
import { version } from '../cli/version.ts'
import { startEngine as openEngine } from '../engine/engine.ts'
import { sleep, systemClock } from '../net/clock.ts'
import { refuseWrongOptions } from './options.ts'
import type * as published from './published.d.ts'
import { sweepAfterDeath } from './watch.ts'

const PATIENCE_MS = 60_000
const BETWEEN_LOOKS_MS = 50

/** Beside the bundle that this file becomes a part of. */
const besideBundle = (name: string) =>
  new URL(`${import.meta.url.endsWith('.ts') ? '../../dist' : '.'}/${name}`, import.meta.url)

const rolesOf = (cache: Cache): published.Endpoint[] => [
  ...(cache.configuration ? [{ role: 'configuration', ...cache.configuration }] : []),
  ...endpointsOf(cache).map(({ id, host, port }) => ({ role: id, host, port })),
]

/** @see published.startEngine */
export const startEngine: typeof published.startEngine = async (options = {}) => {
  refuseWrongOptions(options)
  const { stateDir = mkdtempSync(join(tmpdir(), 'cachectl-')), port = 0, region = DEFAULT_REGION } = options
  const callOff =
    options.stateDir === undefined ? sweepAfterDeath(fileURLToPath(besideBundle('sweeper.js')), stateDir) : undefined
  const clear = () => {
    if (callOff === undefined) return
    rmSync(stateDir, { recursive: true, force: true })
    callOff()
  }
  const engine = await openEngine({
    stateDir,
    port,
    region,
    pace: options.pace ?? 'instant',
    version,
    workerFile: besideBundle('node-worker.js'),
    log: options.log ?? (() => {}),
  }).catch((error: unknown) => {
    clear()
    throw error
  })
  const { accessKeyId, secretAccessKey } = engine.credentials
  const credentials = { accessKeyId, secretAccessKey }
  const { url } = engine.info
  const cacheCalled = async (id: string) => {
    const [{ openClient }, { findCache }] = await Promise.all([
      import('../cli/target/client.ts'),
      import('../cli/caches/find.ts'),
    ])
    const client = await openClient({ kind: 'local', url, region, credentials })
    try {
      return await findCache(client, id)
    } finally {
      client.close()
    }
  }
  let ended: Promise<void> | undefined
  const stop = () => (ended ??= engine.close().finally(clear))
  return {
    url,
    region,
    stateDir,
    credentials,
    clientConfig: { endpoint: url, region, credentials },
    env: clientVariables(url, credentials, region),
    ca: readFileSync(engineFiles(stateDir).authorityCertificate, 'utf8'),
    endpoints: async (id) => rolesOf(await cacheCalled(id)),
    async available(id, { timeoutMs = PATIENCE_MS } = {}) {
      const deadline = systemClock.monotonicMs() + timeoutMs
      for (;;) {
        const cache = await cacheCalled(id)
        if (cache.status === 'available') return rolesOf(cache)
        const isStuck = /failed|incompatible/.test(cache.status)
        if (isStuck || systemClock.monotonicMs() > deadline) throw new Error(`${id} is ${cache.status}, not available.`)
        await sleep(systemClock, BETWEEN_LOOKS_MS)
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
