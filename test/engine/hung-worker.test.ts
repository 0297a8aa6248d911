import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { EmbeddedRuntime } from '../../src/engine/nodes/embedded.ts'
import { startTestEngine, temporaryDirectory } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { ask } from '../support/raw.ts'
import { create, portOf } from './replication-groups/support.ts'

/** Nothing may come between the commands of a transaction: no node leaves a script there. */
const ENDLESS = 'MULTI\r\nEVAL "while true do end" 0\r\nEXEC\r\n'

test('a node that holds its thread is told of, and does not hold up the end of the engine', async () => {
  const engine = await startTestEngine({ nodeRuntime: 'embedded' })
  const group = await create(engine, { Engine: 'valkey', NumCacheClusters: 1 })
  void ask(portOf(group, 'PrimaryEndpoint'), ENDLESS).catch(() => undefined)
  await eventually('the status tells', async () => {
    const { silentNodes } = await engine.status()
    return silentNodes.includes('us-west-2/shop-001/0001')
  })
  expect(engine.log.join('\n')).toContain('does not answer, and with it its nodes: us-west-2/shop-001/0001')
  await engine.close()
})

test('a worker that gives no sign of life for long is ended, and what waits for it hears so', async () => {
  const file = join(temporaryDirectory(), 'worker.mjs')
  writeFileSync(
    file,
    "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => { for (;;); })\n",
  )
  const patience = { toTell: 1, toEnd: 2, toClose: 1 }
  const runtime = new EmbeddedRuntime(pathToFileURL(file), undefined, undefined, patience)
  onTestFinished(() => runtime.close())
  const reshaping = { region: '', from: [], to: [] } as never // the worker reads nothing of it
  await expect(runtime.reshape(reshaping)).rejects.toThrow('its worker thread ended')
})
