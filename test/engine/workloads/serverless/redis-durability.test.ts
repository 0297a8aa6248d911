import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../../../support/engine.ts'
import type { EngineProcess } from '../../../support/engine-process.ts'
import { eventually } from '../../../support/eventually.ts'
import { isInstalled } from '../../../support/programs.ts'
import { start, startTestEngine } from '../../../support/real-servers.ts'
import { describedCache, untilCache } from '../../../support/serverless.ts'
import { clientOfCache, created } from './redis-support.ts'

const HAS_VALKEY = isInstalled('valkey-server')

/** The process of the only server that was started with this state. */
function serverOf(stateDir: string): number | undefined {
  const nodes = join(stateDir, 'nodes')
  if (!existsSync(nodes)) return undefined
  const [file] = readdirSync(nodes, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('server.json'),
  )
  // The engine wrote it.
  return file === undefined ? undefined : (JSON.parse(readFileSync(join(nodes, file), 'utf8')) as { pid: number }).pid
}

function stateDirectory(): string {
  const stateDir = temporaryDirectory()
  onTestFinished(() => {
    const pid = serverOf(stateDir)
    if (pid !== undefined && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL')
  })
  return stateDir
}

async function create({ client }: EngineProcess) {
  await client.createServerlessCache({ ServerlessCacheName: 'shop', Engine: 'valkey' })
  await untilCache(client, 'shop', 'available')
  return describedCache(client, 'shop')
}

test.skipIf(!HAS_VALKEY)(
  'a serverless cache of Valkey whose server dies comes back at its endpoint, and is empty (skipped without valkey-server)',
  async () => {
    const engine = await startTestEngine()
    const cache = await created(engine)
    await clientOfCache(engine, cache).say('SET', 'a', '1')
    process.kill(serverOf(engine.stateDir) ?? 0, 'SIGKILL')
    await eventually('it takes writes', async () => (await clientOfCache(engine, cache).say('SET', 'b', '1')) === 'OK')
    expect(await clientOfCache(engine, cache).say('GET', 'a')).toBe('')
  },
)

test.skipIf(!HAS_VALKEY)(
  'a serverless cache of Valkey is where it was when another program has taken a port of its server (skipped without valkey-server)',
  async () => {
    const stateDir = temporaryDirectory()
    const first = await startTestEngine({ stateDir })
    const cache = await created(first)
    await first.close()
    const file = join(stateDir, 'nodes', 'us-west-2', 'shop', 'serverless', 'server.conf')
    const port = Number(/^port "(\d+)"/m.exec(readFileSync(file, 'utf8'))?.[1])
    const other = net.createServer().listen(port, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const second = await startTestEngine({ stateDir })
    await eventually('it takes writes', async () => (await clientOfCache(second, cache).say('SET', 'b', '1')) === 'OK')
  },
)

describe.skipIf(!HAS_VALKEY || process.platform !== 'linux')(
  'a serverless cache of Valkey whose engine is killed (skipped without valkey-server)',
  () => {
    test('goes on with its server, and what it holds', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      const cache = await create(first)
      await clientOfCache({ stateDir }, cache).say('SET', 'a', '1')
      const pid = serverOf(stateDir)
      await first.kill()
      const second = await start(stateDir, { pace: 'instant' })
      expect(await describedCache(second.client, 'shop')).toEqual(cache)
      await eventually('it answers', async () => (await clientOfCache({ stateDir }, cache).say('GET', 'a')) === '1')
      expect(serverOf(stateDir)).toBe(pid)
    })

    test('together with its server comes back, and is empty', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      const cache = await create(first)
      await clientOfCache({ stateDir }, cache).say('SET', 'a', '1')
      const pid = serverOf(stateDir)
      await first.kill()
      process.kill(pid ?? 0, 'SIGKILL')
      await start(stateDir, { pace: 'instant' })
      await eventually(
        'it takes writes',
        async () => (await clientOfCache({ stateDir }, cache).say('SET', 'b', '1')) === 'OK',
      )
      expect(await clientOfCache({ stateDir }, cache).say('GET', 'a')).toBe('')
    })
  },
)
