import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { converse, installedMemcached, withBothServers } from './support/differential.ts'
import { replies, request } from './support/packets.ts'

// Random conversations about a handful of keys. What depends on the second they are held in is left out.

const key = fc.constantFrom('a', 'b', 'c', 'key:with:colons', 'k'.repeat(250))
const badKey = fc.constantFrom('', 'k'.repeat(251), 'a\tb', '\x80\xff', 'noreply', '0')
const anyKey = fc.oneof({ weight: 9, arbitrary: key }, { weight: 1, arbitrary: badKey })
const number = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map(String),
  fc.constantFrom(
    '0',
    '1',
    '-1',
    '4294967295',
    '4294967296',
    '18446744073709551615',
    '18446744073709551616',
    'x',
    '1x',
    '+5',
    '007',
    '',
  ),
)
const exptime = fc.constantFrom('0', '0', '0', '1000', '-1', '2592001', 'x')
const value = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.integer({ min: 0, max: 1e9 }).map(String),
  fc.integer({ min: 0, max: 1500 }).map((length) => 'v'.repeat(length)),
)
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n')
const noreply = fc.constantFrom('', '', '', ' noreply', ' foo')
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const store = fc
  .record({
    verb: fc.constantFrom('set', 'add', 'replace', 'append', 'prepend', 'cas'),
    key: anyKey,
    flags: number,
    exptime,
    value: value.map(latin1),
    off: fc.constantFrom(0, 0, 0, 0, 0, 1, -1),
    cas: number,
    noreply,
    lineEnd,
  })
  .map(({ verb, key, flags, exptime, value, off, cas, noreply, lineEnd }) => {
    const length = Math.max(0, value.length + off)
    return `${verb} ${key} ${flags} ${exptime} ${length}${verb === 'cas' ? ` ${cas}` : ''}${noreply}${lineEnd}${value}\r\n`
  })

// Values as large as these come first, where they can't be taken for commands: how much of a line without end a server
// reads before it hangs up depends on the segments it comes in.
const large = fc
  .tuple(fc.constantFrom('set', 'add', 'append', 'prepend'), key, fc.integer({ min: 0, max: 1_200_000 }))
  .map(([verb, key, length]) => `${verb} ${key} 0 0 ${length}\r\n${'w'.repeat(length)}\r\n`)

const get = fc
  .tuple(fc.constantFrom('get', 'gets', 'gat 0', 'gats 1000'), fc.array(key, { minLength: 1, maxLength: 30 }), lineEnd)
  .map(([verb, keys, lineEnd]) => `${verb} ${keys.join(' ')}${lineEnd}`)

const simple = fc
  .tuple(
    fc.constantFrom('incr', 'decr', 'delete', 'touch', 'flush_all', 'verbosity', 'nonsense'),
    anyKey,
    number,
    noreply,
    lineEnd,
  )
  .map(([verb, key, number, noreply, lineEnd]) => {
    if (verb === 'flush_all' || verb === 'verbosity') return `${verb} 0${noreply}${lineEnd}`
    return `${verb} ${key} ${number}${noreply}${lineEnd}`
  })

const metaFlag = fc.constantFrom(
  'v',
  'k',
  's',
  'f',
  'c',
  'q',
  'O123',
  'h',
  'T0',
  'T1000',
  'N0',
  'R0',
  'u',
  'I',
  'C1',
  'D5',
  'J7',
  'MI',
  'MD',
  'MA',
  'F9',
  'b',
  'z',
  'Tx',
)
const meta = fc
  .record({
    verb: fc.constantFrom('mg', 'ms', 'md', 'ma', 'mn'),
    key: anyKey,
    flags: fc.uniqueArray(metaFlag, { maxLength: 5 }),
    value: value.map(latin1),
  })
  // An opaque too long, or a key as base64, is told apart in tests of their own.
  .map(({ verb, key, flags, value }) => {
    const tail = flags.map((flag) => ` ${flag}`).join('')
    return verb === 'ms' ? `ms ${key} ${value.length}${tail}\r\n${value}\r\n` : `${verb} ${key}${tail}\r\n`
  })

const text = fc
  .tuple(
    fc.option(large, { nil: '', freq: 3 }),
    fc.array(fc.oneof(store, get, simple, meta), { minLength: 1, maxLength: 30 }),
  )
  .map(([first, commands]) => first + commands.join(''))

const packet = fc
  .record({
    opcode: fc
      .integer({ min: 0, max: 0x24 })
      .filter((opcode) => opcode !== 0x10 && opcode !== 0x1b && (opcode < 0x1f || opcode > 0x22)),
    key,
    value: value.map((text) => latin1(text).slice(0, 5000)),
    cas: fc.constantFrom(0n, 0n, 0n, 1n),
    numbers: fc.array(fc.constantFrom(0n, 1n, 5n, 0xffffffffffffffffn), { minLength: 2, maxLength: 2 }),
    malformed: fc.integer({ min: 0, max: 30 }),
  })
  .map(({ opcode, key, value, cas, numbers, malformed }) => {
    if (malformed === 0) return request(opcode, { key, value })
    const storing = [0x01, 0x02, 0x03, 0x11, 0x12, 0x13].includes(opcode)
    if (storing) return request(opcode, { key, value, cas, extras: [0, 0] })
    if ([0x0e, 0x0f, 0x19, 0x1a].includes(opcode)) return request(opcode, { key, value, cas })
    if ([0x05, 0x06, 0x15, 0x16].includes(opcode)) return request(opcode, { key, cas, extras: [...numbers, 0] })
    if ([0x1c, 0x1d, 0x1e, 0x23, 0x24].includes(opcode)) return request(opcode, { key, extras: [0] })
    if ([0x07, 0x08, 0x0a, 0x0b, 0x17, 0x18].includes(opcode)) return request(opcode)
    return request(opcode, { key, cas })
  })

const RUNS = { numRuns: 150, seed: 20_241_121 }

describe.skipIf(installedMemcached === undefined)('random conversations', () => {
  const servers = withBothServers()

  it('in text get the answers memcached gives', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (conversation) => {
        const whole = `flush_all\r\n${conversation}\r\nmn\r\n`
        const [theirs, ours] = await Promise.all([converse(servers.theirs, whole), converse(servers.ours, whole)])
        expect(ours).toBe(theirs)
      }),
      RUNS,
    )
  })

  it('in binary, too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 30 }), async (packets) => {
        const whole = request(0x08) + packets.join('')
        const end = request(0x07)
        const [theirs, ours] = await Promise.all([
          converse(servers.theirs, whole, end),
          converse(servers.ours, whole, end),
        ])
        expect(replies(ours)).toEqual(replies(theirs))
      }),
      RUNS,
    )
  })
})
