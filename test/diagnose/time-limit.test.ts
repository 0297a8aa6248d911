import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { decode, encode } from 'dns-packet'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { surveyName } from '../../src/diagnose/dns-survey.ts'
import { examine } from '../../src/diagnose/doctor.ts'
import { shortened } from '../../src/diagnose/time-limit.ts'
import { faultyDns } from '../scenarios/faulty-dns.ts'

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

test('addresses that DNS has told are looked at while it is waited for an answer that never comes', async () => {
  const ends: (() => void)[] = []
  onTestFinished(() => {
    for (const end of ends) end()
  })
  const dnsPort = await faultyDns(
    { records: { 'cache.test': { A: ['127.0.0.1'] } }, faults: { AAAA: 'drop' } },
    (end) => void ends.push(end),
  )
  const { hosts, addresses } = await examine({
    places: [{ host: 'cache.test', port: 1, role: 'given', tls: false }],
    clusters: [],
    trust: new Map(),
    servers: [{ address: '127.0.0.1', port: dnsPort }],
    dnsPatienceMs: 6000,
  })
  const [asked, { aaaa }] = [hosts[0]?.survey?.at ?? '', hosts[0]?.survey?.views[0] ?? { aaaa: undefined }]
  const [tried] = addresses[0]?.attempts ?? []
  expect(aaaa?.outcome).toBe('timeout')
  expect(Date.parse(tried?.startedAt ?? '') - Date.parse(asked)).toBeLessThan(aaaa?.ms ?? 0)
})

test('a name that no server has made up an address for is not waited for signs of DNS64', async () => {
  const server = createSocket('udp4')
  onTestFinished(() => void server.close())
  server.on('message', (bytes, { port }) => {
    const { id = 0, questions = [] } = decode(bytes)
    if (questions[0]?.name === 'cache.test') server.send(encode({ type: 'response', id, questions, answers: [] }), port)
  })
  await new Promise<void>((resolve) => void server.bind(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const start = performance.now()
  await surveyName('cache.test', { servers: [{ address: '127.0.0.1', port }], timeoutMs: 60_000, tries: 1 })
  expect(performance.now() - start).toBeLessThan(20_000)
})
