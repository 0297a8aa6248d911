import { type AddressInfo, createServer } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { memcachedTalk } from '../../../src/cli/commands/top/talks.ts'
import { NodeWatch } from '../../../src/cli/commands/top/watch.ts'
import { systemClock } from '../../../src/net/clock.ts'

test('a node that says nothing is a problem without a next step', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  afterAll(() => silent.close())
  await new Promise((resolve) => silent.once('listening', resolve))
  const { port } = silent.address() as AddressInfo
  const dial = { host: '127.0.0.1', port, timeoutMs: 50 }
  const watch = new NodeWatch({ label: 'silent', dial, talk: memcachedTalk }, systemClock)
  await watch.look()
  expect(watch).toMatchObject({ problem: expect.stringContaining(`127.0.0.1:${port}: `), hint: undefined })
})
