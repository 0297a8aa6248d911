import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { engineFiles } from '../../../src/api/local-engine.ts'
import { startEngine } from '../../../src/engine/engine.ts'
import { boundTo } from '../../../src/net/bound.ts'
import { memcached, startTestEngine, temporaryDirectory, workerFile } from '../../support/engine.ts'
import { ask } from '../../support/raw.ts'

const startAt = (stateDir: string, port: number) =>
  startEngine({ stateDir, port, region: 'us-west-2', pace: 'instant', version: '0.0.0', workerFile, log() {} })

test('a start that fails at its last part closes all the others: nodes stop, and another engine can have the state', async () => {
  const stateDir = temporaryDirectory()
  const engine = await startTestEngine({ stateDir })
  await engine.client().createCacheCluster(memcached('shop'))
  await engine.until('shop', 'available')
  const port = (await engine.status()).clusters[0]?.nodes[0]?.port as number
  await engine.close()
  const squatter = createServer()
  onTestFinished(() => void squatter.close())
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  await expect(startAt(stateDir, boundTo(squatter).port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await expect(ask(port, 'version\r\n', '\r\n')).rejects.toThrow('ECONNREFUSED')
  expect(existsSync(engineFiles(stateDir).info)).toBe(false)
  await startTestEngine({ stateDir })
  expect(await ask(port, 'version\r\n', '\r\n')).toBe('VERSION 1.6.22\r\n')
})
