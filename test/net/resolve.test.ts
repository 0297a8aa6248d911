import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type NameServices, resolveTarget } from '../../src/net/resolve.ts'
import { endpoint, parseTarget } from '../../src/net/target.ts'

describe('a target', () => {
  test.each([
    ['cache.example', 'cache.example', 11211],
    ['cache.example:6379', 'cache.example', 6379],
    ['10.0.0.1', '10.0.0.1', 11211],
    ['10.0.0.1:80', '10.0.0.1', 80],
    ['fd00::1', 'fd00::1', 11211],
    ['::1', '::1', 11211],
    ['[::1]', '::1', 11211],
    ['[fe80::1%eth0]:9', 'fe80::1%eth0', 9],
  ])('%s is read', (text, host, port) => {
    expect(parseTarget(text)).toEqual({ ok: true, host, port })
  })

  test.each(['', ':80', 'a b', 'host:', 'host:0', 'host:65536', 'host:http', '[10.0.0.1]:80', '[::1]80', 'a:b:1'])(
    '%j is refused',
    (text) => {
      expect(parseTarget(text).ok).toBe(false)
    },
  )

  test.each(['11222', '0x7f000001', '0177.0.0.1', '127.1', '127.0.0.1.', '0x7f.1:80', '1.2.3.256', '010.0.0.1:11211'])(
    '%s is refused, though getaddrinfo would take an address for it',
    (text) => {
      expect(parseTarget(text).ok).toBe(false)
    },
  )

  test('of numbers alone, in any base, is refused unless it is an address in full', () => {
    const number = fc.oneof(
      fc.nat().map(String),
      fc.nat().map((each) => `0x${each.toString(16)}`),
      fc.nat(0o777).map((each) => `0${each.toString(8)}`),
    )
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 4 }), (numbers) => {
        const host = numbers.join('.')
        expect(parseTarget(`${host}:11211`).ok).toBe(isIP(host) === 4)
      }),
    )
  })

  test('is printed so that it can be read again', () => {
    expect(endpoint('::1', 80)).toBe('[::1]:80')
    expect(endpoint('10.0.0.1', 80)).toBe('10.0.0.1:80')
  })
})

const failing = (code: string, dns: Partial<Record<4 | 6, string>>): NameServices => ({
  lookupAll: () => Promise.reject(Object.assign(new Error(code), { code })),
  dnsError: async (_, family) => dns[family],
})
const found = (...addresses: string[]): NameServices => ({
  lookupAll: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  dnsError: async () => undefined,
})

describe('resolving', () => {
  test('a literal asks nobody', async () => {
    const names: NameServices = {
      lookupAll: () => Promise.reject(new Error('asked')),
      dnsError: () => Promise.reject(new Error('asked')),
    }
    expect(await resolveTarget('[::1]:7', { names })).toMatchObject({
      ok: true,
      port: 7,
      addresses: [{ address: '::1', family: 6 }],
    })
  })

  test('a name of this machine uses the machine resolver', async () => {
    const resolved = await resolveTarget('localhost:7')
    expect(resolved.ok && resolved.addresses.length).toBeGreaterThan(0)
  })

  test("keeps the resolver's order and drops what it says twice", async () => {
    const resolved = await resolveTarget('x', { names: found('10.0.0.2', 'fd00::1', '10.0.0.2', '10.0.0.1') })
    expect(resolved.ok && resolved.addresses.map(({ address }) => address)).toEqual(['10.0.0.2', 'fd00::1', '10.0.0.1'])
  })

  test('keeps one family when asked to, and says so when there is none of it', async () => {
    const names = found('10.0.0.2')
    expect(await resolveTarget('x', { names, family: 4 })).toMatchObject({ ok: true })
    expect(await resolveTarget('x', { names, family: 6 })).toMatchObject({
      ok: false,
      problem: 'no-data-of-family',
      detail: 'x has no IPv6 address, only IPv4',
    })
  })

  test.each([
    ['ENOTFOUND', { 4: 'ENOTFOUND', 6: 'ENOTFOUND' }, 'no-such-name'],
    ['ENOTFOUND', { 4: 'ENODATA', 6: 'ENODATA' }, 'no-data'],
    ['EAI_AGAIN', { 4: 'ESERVFAIL', 6: 'ESERVFAIL' }, 'server-failure'],
    ['EAI_AGAIN', { 4: 'EREFUSED', 6: 'EREFUSED' }, 'server-failure'],
    ['EAI_AGAIN', { 4: 'ETIMEOUT' }, 'timeout'],
    ['EAI_AGAIN', { 4: 'ECONNREFUSED', 6: 'ECONNREFUSED' }, 'server-failure'],
    ['EAI_FAIL', {}, 'other'],
  ])('%s with the DNS answers %j is the problem %s', async (code, dns, problem) => {
    const failure = await resolveTarget('x', { names: failing(code, dns) })
    expect(failure).toMatchObject({ ok: false, problem, code, host: 'x', port: 11211 })
  })

  test('gives up at its timeout and when aborted, though getaddrinfo goes on', async () => {
    const names: NameServices = { lookupAll: () => new Promise(() => {}), dnsError: async () => undefined }
    expect(await resolveTarget('x', { names, timeoutMs: 20 })).toMatchObject({ ok: false, problem: 'timeout' })
    const controller = new AbortController()
    const resolving = resolveTarget('x', { names, signal: controller.signal })
    controller.abort()
    expect(await resolving).toMatchObject({ ok: false, problem: 'aborted' })
  })

  test('text that is no target is a problem, not an exception', async () => {
    expect(await resolveTarget('a b')).toMatchObject({ ok: false, problem: 'bad-target', target: 'a b' })
  })
})
