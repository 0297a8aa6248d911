import { describe, expect, test } from 'vitest'
import { type ProbeEvent, type ProbeOptions, probe, scheduleAttempts } from '../../src/diagnose/probe.ts'
import type { NameServices } from '../../src/net/resolve.ts'
import { scriptedServer } from '../discovery/scripted-server.ts'
import { closedPort, hasIPv6Loopback, openPort, silentPort } from './loopback.ts'

async function collect(options: ProbeOptions): Promise<ProbeEvent[]> {
  const events: ProbeEvent[] = []
  for await (const event of probe(options)) events.push(event)
  return events
}
const attemptsIn = (events: readonly ProbeEvent[]) =>
  events.flatMap((event) => (event.type === 'attempt' ? [event.attempt] : []))
const names = (...addresses: string[]): NameServices => ({
  lookupAll: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  dnsError: async () => undefined,
})
const resolved = (target: string, ...addresses: string[]) => ({
  ok: true as const,
  target,
  host: target,
  port: 1,
  ms: 0,
  addresses: addresses.map((address) => ({ address, family: 4 as const })),
})

describe('the schedule', () => {
  test('gives every address one attempt per delay, spread evenly within it', () => {
    const slots = [...scheduleAttempts([resolved('x', 'a', 'b'), resolved('y', 'c', 'd')], 2, 1000)]
    expect(slots.map(({ address, round, at }) => [address, round, at])).toEqual([
      ['a', 1, 0],
      ['b', 1, 250],
      ['c', 1, 500],
      ['d', 1, 750],
      ['a', 2, 1000],
      ['b', 2, 1250],
      ['c', 2, 1500],
      ['d', 2, 1750],
    ])
  })

  test('is empty when there is nothing to probe', () => {
    expect([...scheduleAttempts([], Number.POSITIVE_INFINITY, 1000)]).toEqual([])
  })
})

describe('a probe', () => {
  test('measures the floor, resolves, and connects the asked number of times', async () => {
    const port = await openPort()
    const events = await collect({ targets: [`127.0.0.1:${port}`], count: 3, delayMs: 5 })
    expect(events.map(({ type }) => type)).toEqual(['floor', 'resolved', 'attempt', 'attempt', 'attempt'])
    const attempts = attemptsIn(events)
    expect(attempts.map(({ sequence, round }) => [sequence, round])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    expect(attempts.every(({ outcome }) => outcome === 'connected')).toBe(true)
    expect(attempts.map(({ warmUp }) => warmUp)).toEqual([true, undefined, undefined])
  })

  test('goes as far at each target as is asked for it', async () => {
    const resp = await scriptedServer((line) => (line === 'PING' ? '+PONG\r\n' : '-ERR unknown command\r\n'))
    const memcached = await scriptedServer((line) => (line === 'version' ? 'VERSION 1.6.22\r\n' : 'ERROR\r\n'))
    const targets = [resp, memcached].map(({ port }) => `127.0.0.1:${port}`)
    const depth = (target: string) => ({ protocol: target === targets[0] ? ('resp' as const) : true })
    const attempts = attemptsIn(await collect({ targets, depth, count: 1, delayMs: 5, timeoutMs: 3000 }))
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['connected', 'connected'])
  })

  test.skipIf(!hasIPv6Loopback)('tries every address of a name over both families (skipped without ::1)', async () => {
    const port = await openPort('127.0.0.1')
    const target = { targets: [`node:${port}`], names: names('::1', '127.0.0.1'), count: 2, delayMs: 4 }
    const outcomes = attemptsIn(await collect(target)).map(({ family, outcome }) => `${family} ${outcome}`)
    expect(outcomes.sort()).toEqual(['4 connected', '4 connected', '6 refused', '6 refused'])
    const onlyIPv4 = attemptsIn(await collect({ ...target, family: 4 }))
    expect(onlyIPv4.map(({ family }) => family)).toEqual([4, 4])
    const fromIPv4 = attemptsIn(await collect({ ...target, localAddress: '127.0.0.1' }))
    expect(fromIPv4.map(({ localAddress }) => localAddress)).toEqual(['127.0.0.1', '127.0.0.1'])
  })

  test('goes on with the other targets when one has no address', async () => {
    const port = await openPort()
    const events = await collect({
      targets: ['a b', `127.0.0.1:${port}`, `127.0.0.1:${await closedPort()}`],
      count: 1,
      delayMs: 0,
      measureFloor: false,
    })
    expect(events.filter(({ type }) => type === 'unresolved')).toHaveLength(1)
    expect(attemptsIn(events).map(({ outcome }) => outcome)).toEqual(['connected', 'refused'])
  })

  test.skipIf(process.platform !== 'linux')(
    'starts attempts on time though earlier ones are still waiting (skipped outside Linux: no silent port)',
    async () => {
      const targets = [`127.0.0.1:${await silentPort()}`]
      const options = { targets, count: 4, delayMs: 10, timeoutMs: 600, measureFloor: false }
      const attempts = attemptsIn(await collect(options))
      expect(attempts.map(({ outcome }) => outcome)).toEqual(Array(4).fill('timeout'))
      expect(attempts.at(-1)?.atMs).toBeLessThan(600)
      expect(attempts.every(({ ms }) => ms >= 599)).toBe(true)
    },
  )

  test('stops without an error when its signal aborts, reporting only what was over', async () => {
    const controller = new AbortController()
    const port = await openPort()
    const events: ProbeEvent[] = []
    const options = { targets: [`127.0.0.1:${port}`], count: 1000, delayMs: 60_000, signal: controller.signal }
    for await (const event of probe(options)) {
      events.push(event)
      if (event.type === 'attempt') controller.abort()
    }
    expect(attemptsIn(events)).toHaveLength(1)
    expect(await collect({ ...options, measureFloor: false })).toEqual([])
  })

  test('stops when its reader does', async () => {
    const port = await openPort()
    for await (const event of probe({ targets: [`127.0.0.1:${port}`], count: 1000, delayMs: 60_000 })) {
      if (event.type === 'attempt') break
    }
  })
})
