import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { attemptConnect } from '../../src/diagnose/connect.ts'
import { connectRepeatedly } from '../../src/diagnose/connecting.ts'
import { sourceAddressFor } from '../../src/diagnose/source-address.ts'
import { systemClock } from '../../src/net/clock.ts'
import { classifyConnectError } from '../../src/net/connect-outcome.ts'
import { closedPort, hasIPv6Loopback, openPort, silentPort } from './loopback.ts'

const address = '127.0.0.1'

describe('one connection attempt', () => {
  test('that succeeds tells when, how long, and from where', async () => {
    const port = await openPort()
    const attempt = await attemptConnect({ address, port })
    expect(attempt).toMatchObject({ address, family: 4, port, outcome: 'connected', localAddress: address })
    expect(Date.parse(attempt.startedAt)).toBeGreaterThan(Date.now() - 10_000)
    expect(attempt.ms).toBeGreaterThan(0)
    expect(attempt.code).toBeUndefined()
  })

  test.skipIf(!hasIPv6Loopback)('works over IPv6 (skipped where ::1 is missing)', async () => {
    const port = await openPort('::1')
    expect(await attemptConnect({ address: '::1', port })).toMatchObject({ family: 6, outcome: 'connected' })
  })

  test('at a closed port is refused by the peer', async () => {
    const attempt = await attemptConnect({ address, port: await closedPort() })
    expect(attempt).toMatchObject({ outcome: 'refused', code: 'ECONNREFUSED', local: false })
  })

  test.skipIf(process.platform !== 'linux')(
    'that gets no answer ends at its timeout (skipped outside Linux: other kernels answer a full queue)',
    async () => {
      const port = await silentPort()
      const attempt = await attemptConnect({ address, port, timeoutMs: 80 })
      expect(attempt).toMatchObject({ outcome: 'timeout' })
      expect(attempt.code).toBeUndefined()
      expect(attempt.ms).toBeGreaterThanOrEqual(79)
      expect(attempt.ms).toBeLessThan(900)
    },
  )

  test('is given up when its signal aborts, before or during', async () => {
    const port = await openPort()
    expect(await attemptConnect({ address, port, signal: AbortSignal.abort() })).toMatchObject({ outcome: 'aborted' })
    const controller = new AbortController()
    const attempt = attemptConnect({ address, port, signal: controller.signal })
    controller.abort()
    expect(await attempt).toMatchObject({ outcome: 'aborted' })
  })

  test('cancels its timer however it ends', async () => {
    let pending = 0
    const clock = {
      ...systemClock,
      after(ms: number, callback: () => void) {
        pending += 1
        const cancel = systemClock.after(ms, callback)
        return () => {
          pending -= 1
          cancel()
        }
      },
    }
    await attemptConnect({ address, port: await openPort(), clock })
    await attemptConnect({ address, port: await closedPort(), clock })
    await attemptConnect({ address, port: 70_000, clock })
    expect(pending).toBe(0)
  })

  test('from an address this host does not have is a local failure', async () => {
    const attempt = await attemptConnect({ address, port: await openPort(), localAddress: '192.0.2.1' })
    expect(attempt).toMatchObject({ outcome: 'no-source-address', code: 'EADDRNOTAVAIL', local: true })
  })

  test('at a name is refused: an attempt is about one address', async () => {
    expect(await attemptConnect({ address: 'localhost', port: 1 })).toMatchObject({ outcome: 'local-error' })
  })
})

describe('an error is told apart', () => {
  test.each([
    ['ECONNREFUSED', '', 'refused', false],
    ['ECONNRESET', '', 'reset', false],
    ['ETIMEDOUT', '', 'timeout', false],
    ['EHOSTUNREACH', '', 'unreachable', false],
    ['EHOSTUNREACH', ' - Local (0.0.0.0:0)', 'unreachable', true],
    ['ENETUNREACH', ' - Local (:::0)', 'unreachable', true],
    ['EACCES', '', 'prohibited', false],
    ['EACCES', ' - Local (0.0.0.0:0)', 'prohibited', true],
    ['EADDRNOTAVAIL', ' - Local (:::0)', 'no-source-address', true],
    ['EINVAL', ' - Local (0.0.0.0:0)', 'local-error', true],
    ['EMFILE', '', 'local-error', true],
  ])('%s%s is %s, decided on this host: %s', (code, suffix, outcome, local) => {
    expect(classifyConnectError({ code, message: `connect ${code} 10.0.0.1:80${suffix}` })).toEqual({ outcome, local })
  })
})

test('the source address of loopback is loopback, and no packet is needed to know it', async () => {
  expect(await sourceAddressFor('127.0.0.1')).toEqual({ address: '127.0.0.1' })
  // Link-local without a zone: the kernel can't know the interface.
  expect(await sourceAddressFor('fe80::1')).toHaveProperty('code')
})

test('what keeps silent is given up at once, however busy this process was meanwhile', async () => {
  const port = await silentPort()
  const connecting = connectRepeatedly(address, port, { attempts: 1, timeoutMs: 60_000 })
  while (connecting.soFar().length === 0) await setImmediate()
  for (const start = performance.now(); performance.now() - start < 50; );
  connecting.giveUp()
  expect((await connecting.all).map(({ outcome }) => outcome)).toEqual(['timeout'])
})
