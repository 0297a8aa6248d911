import { describe, expect, onTestFinished, test } from 'vitest'
import { askDns } from '../../src/diagnose/dns-query.ts'
import { chainOf, surveyName } from '../../src/diagnose/dns-survey.ts'
import { embeddedIPv4, prefixIn } from '../../src/diagnose/nat64.ts'
import { namesTried, parseResolvConf, parseServer } from '../../src/diagnose/resolv-conf.ts'
import { type DnsFault, type DnsPlan, faultyDns } from '../scenarios/faulty-dns.ts'
import { closedPort } from './loopback.ts'

const serve = async (plan: DnsPlan) => ({ address: '127.0.0.1', port: await faultyDns(plan, onTestFinished) })
const RECORDS = { 'cache.test': { A: ['10.0.0.7'], AAAA: ['2001:db8::7'] }, 'shop.test': { CNAME: 'cache.test' } }

describe('one question to one server', () => {
  test('comes back with records, TTLs and the time it took', async () => {
    const server = await serve({ records: RECORDS })
    const reply = await askDns('shop.test', 'AAAA', { server })
    expect(reply).toMatchObject({ outcome: 'answered', transport: 'udp', tries: 1 })
    expect(reply.records).toEqual([
      { name: 'shop.test', type: 'CNAME', ttl: 60, data: 'cache.test' },
      { name: 'cache.test', type: 'AAAA', ttl: 60, data: '2001:db8::7' },
    ])
  })

  test('is asked again over TCP when the answer was cut off', async () => {
    const server = await serve({ records: RECORDS, faults: { '*': 'truncate' } })
    expect(await askDns('cache.test', 'A', { server })).toMatchObject({ outcome: 'answered', transport: 'tcp' })
  })

  test.each<[DnsFault, string, string | undefined]>([
    ['servfail', 'server-failure', 'SERVFAIL'],
    ['refused', 'refused', 'REFUSED'],
    ['nxdomain', 'no-such-name', 'NXDOMAIN'],
    ['garbage', 'bad-answer', undefined],
  ])('that meets %s is a %s', async (fault, outcome, code) => {
    const server = await serve({ records: RECORDS, faults: { '*': fault } })
    const reply = await askDns('cache.test', 'A', { server })
    expect(reply.outcome).toBe(outcome)
    if (code) expect(reply.code).toBe(code)
  })

  test('that is dropped is asked twice, then called a timeout', async () => {
    const server = await serve({ records: RECORDS, faults: { A: 'drop' } })
    expect(await askDns('cache.test', 'A', { server, timeoutMs: 60 })).toMatchObject({ outcome: 'timeout', tries: 2 })
  })

  test('to a port where nobody listens is told apart from silence', async () => {
    const server = { address: '127.0.0.1', port: await closedPort() }
    expect(await askDns('cache.test', 'A', { server })).toMatchObject({ outcome: 'unreachable', code: 'ECONNREFUSED' })
  })

  test('about a name that can not be written is never sent', async () => {
    const reply = await askDns(`${'x'.repeat(64)}.test`, 'A', { server: { address: '127.0.0.1', port: 1 } })
    expect(reply.outcome).not.toBe('answered')
  })
})

test('a survey marks the addresses that DNS64 made up, and says for which', async () => {
  const server = await serve({ records: { 'old.test': { A: ['192.0.2.33'] } }, dns64: '64:ff9b::' })
  const [view] = (await surveyName('old.test', { servers: [server] })).views
  expect(view?.nat64).toEqual(['64:ff9b::/96'])
  expect(view?.ipv6).toEqual([{ address: '64:ff9b::c000:221', ttl: 60, translates: '192.0.2.33' }])
})

describe('a chain of aliases', () => {
  const alias = (name: string, data: string) => ({ name, type: 'CNAME' as const, ttl: 1, data })
  test('that comes back to itself is a loop', () => {
    expect(chainOf('a', [alias('b', 'a'), alias('A', 'b')]).end).toBe('loop')
  })
  test('that ends without an address dangles', () => {
    expect(chainOf('a', [alias('a', 'b')]).end).toBe('dangling')
  })
})

describe('IPv4 inside IPv6 (the examples of RFC 6052, 2.4)', () => {
  test.each([
    ['2001:db8:c000:221::', '2001:db8::', 32],
    ['2001:db8:1c0:2:21::', '2001:db8:100::', 40],
    ['2001:db8:122:c000:2:2100::', '2001:db8:122::', 48],
    ['2001:db8:122:3c0:0:221::', '2001:db8:122:300::', 56],
    ['2001:db8:122:344:c0:2:2100::', '2001:db8:122:344::', 64],
    ['2001:db8:122:344::192.0.2.33', '2001:db8:122:344::', 96],
  ])('%s under %s/%i', (address, prefix, length) => {
    // The same prefix, found in what RFC 7050 asks for: 192.0.0.170 in place of 192.0.2.33.
    const known: Readonly<Record<number, string>> = {
      32: '2001:db8:c000:aa::',
      40: '2001:db8:1c0:0:aa::',
      48: '2001:db8:122:c000:0:aa00::',
      56: '2001:db8:122:3c0:0:aa::',
      64: '2001:db8:122:344:c0:0:aa00::',
      96: '2001:db8:122:344::192.0.0.170',
    }
    const found = prefixIn(known[length] ?? '')
    expect(found).toMatchObject({ length })
    expect(found?.text).toBe(`${prefix}/${length}`)
    expect(embeddedIPv4(address, found ? [found] : [])).toBe('192.0.2.33')
  })

  test('an ordinary address holds no prefix', () => {
    expect(prefixIn('2001:db8::1')).toBeUndefined()
  })
})

describe('resolv.conf', () => {
  test('is read as glibc reads it', () => {
    const conf = parseResolvConf(
      '# x\nnameserver 10.0.0.2\nsearch old.test\nsearch a.test b.test\noptions ndots:2 no-aaaa\n',
    )
    expect(conf).toMatchObject({ servers: [{ address: '10.0.0.2', port: 53 }], search: ['a.test', 'b.test'], ndots: 2 })
    expect(namesTried('shop', conf)).toEqual(['shop.a.test', 'shop.b.test', 'shop'])
    expect(namesTried('shop.x.y', conf)[0]).toBe('shop.x.y')
    expect(namesTried('shop.', conf)).toEqual(['shop'])
  })

  test.each([
    ['10.0.0.2', { address: '10.0.0.2', port: 53 }],
    ['[fd00::2]:5353', { address: 'fd00::2', port: 5353 }],
    ['fd00::2', { address: 'fd00::2', port: 53 }],
    ['resolver.test', undefined],
  ])('a server given as %s', (text, server) => {
    expect(parseServer(text)).toEqual(server)
  })
})
