import { createServer } from 'node:net'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { examine } from '../../src/diagnose/doctor.ts'
import { shortened } from '../../src/diagnose/time-limit.ts'

test('waits at an address are over within what is left, one after the other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1700, max: 60_000 }), (leftMs) => {
      const { timeoutMs, patienceMs, latePatienceMs } = shortened({}, leftMs)
      return timeoutMs <= leftMs && patienceMs + latePatienceMs <= leftMs
    }),
  )
})

test('without a limit, and with time enough, waits are as long as they are', () => {
  const usual = { timeoutMs: 3500, patienceMs: 2000, latePatienceMs: 4000 }
  expect([shortened({}, undefined), shortened({}, 60_000)]).toEqual([usual, usual])
})

test('a look at a server that keeps silent ends at its limit, with what was seen, and tells what it waits for', async () => {
  const server = createServer((socket) => void socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const stages: string[] = []
  const start = performance.now()
  const { addresses } = await examine({
    places: [{ host: '127.0.0.1', port, role: 'given', tls: false }],
    clusters: [],
    trust: new Map(),
    limitMs: 1000,
    patienceMs: 60_000,
    latePatienceMs: 60_000,
    onStage: (stage) => void stages.push(stage),
  })
  expect(performance.now() - start).toBeLessThan(8000)
  expect(addresses.map(({ words }) => words?.connected && words.speaker)).toEqual(['silent'])
  expect(stages).toContain(`connections: 0 of 1, waiting for 127.0.0.1:${port}`)
})
