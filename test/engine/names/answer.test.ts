import { type Answer, decode, encode, type Packet, type RecordType } from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { replyTo } from '../../../src/engine/names/answer.ts'
import { type BookEntry, bookOf } from '../../../src/engine/names/book.ts'

const NODE = 'shop.abc123.0001.usw2.cache.cachectl.test'
const CONFIGURATION = 'shop.abc123.cfg.usw2.cache.cachectl.test'
const DUAL = 'dual.abc124.cfg.usw2.cache.cachectl.test'
const ENTRIES: readonly BookEntry[] = [
  { name: NODE, addresses: ['127.64.0.2'] },
  { name: CONFIGURATION, addresses: ['127.64.0.1'], alias: NODE },
  { name: DUAL, addresses: ['127.64.0.3', '::1'] },
]
const FLAGS = { recursionDesired: 0x0100 }

/** The library's types lack what the library tells. */
const readable = (bytes: Buffer) => decode(bytes) as ReturnType<typeof decode> & { readonly rcode: string }

function ask(
  name: string,
  type: RecordType,
  {
    entries = ENTRIES,
    transport = 'udp',
    more = {},
  }: { entries?: readonly BookEntry[]; transport?: 'udp' | 'tcp'; more?: Packet } = {},
) {
  const query = encode({ type: 'query', id: 4711, flags: FLAGS.recursionDesired, questions: [{ name, type }], ...more })
  const reply = replyTo(query, bookOf(entries), transport)
  if (!reply) throw new Error('no reply')
  const packet = readable(reply.bytes)
  expect(packet.id).toBe(4711)
  const said = (packet.answers ?? []).map(
    (answer: Answer) => `${answer.name} ${answer.type} ${'data' in answer ? String(answer.data) : ''}`,
  )
  return { ...packet, said, delayMs: reply.delayMs }
}

describe('a name of the zone', () => {
  test('is told with its addresses by family', () => {
    expect(ask(DUAL, 'A')).toMatchObject({ rcode: 'NOERROR', said: [`${DUAL} A 127.64.0.3`], flag_aa: true })
    expect(ask(DUAL, 'AAAA').said).toEqual([`${DUAL} AAAA ::1`])
  })

  test('that is an alias is told with what it leads to', () => {
    expect(ask(CONFIGURATION, 'A').said).toEqual([`${CONFIGURATION} CNAME ${NODE}`, `${NODE} A 127.64.0.2`])
    expect(ask(CONFIGURATION, 'CNAME').said).toEqual([`${CONFIGURATION} CNAME ${NODE}`])
  })

  test('is found in whatever letters, and told as it was written', () => {
    expect(ask(DUAL.toUpperCase(), 'A').said).toEqual([`${DUAL.toUpperCase()} A 127.64.0.3`])
  })

  test('without records of the type exists, and so does what other names are below', () => {
    for (const answer of [ask(NODE, 'AAAA'), ask('usw2.cache.cachectl.test', 'A'), ask('cachectl.test', 'A')]) {
      expect(answer).toMatchObject({
        rcode: 'NOERROR',
        said: [],
        authorities: [{ type: 'SOA', name: 'cachectl.test' }],
      })
    }
    expect(ask(CONFIGURATION, 'AAAA')).toMatchObject({
      said: [`${CONFIGURATION} CNAME ${NODE}`],
      authorities: [{ type: 'SOA' }],
    })
  })

  test('that nothing has does not exist', () => {
    expect(ask('other.abc123.cfg.usw2.cache.cachectl.test', 'A')).toMatchObject({
      rcode: 'NXDOMAIN',
      authorities: [{ type: 'SOA', data: { minimum: 5 } }],
    })
  })

  test('suffers from faults', () => {
    const [node, , dual] = ENTRIES as [BookEntry, BookEntry, BookEntry]
    const entries: BookEntry[] = [
      { ...node, ailments: { fails: true } },
      { ...dual, ailments: { hidesIpv6: true, delayMs: 700 } },
    ]
    expect(ask(NODE, 'A', { entries })).toMatchObject({ rcode: 'SERVFAIL', said: [] })
    expect(ask(DUAL, 'AAAA', { entries })).toMatchObject({ rcode: 'NOERROR', said: [], delayMs: 700 })
    expect(ask(DUAL, 'A', { entries })).toMatchObject({ said: [`${DUAL} A 127.64.0.3`], delayMs: 700 })
  })
})

test('any other name is not for this server to tell', () => {
  expect(ask('example.com', 'A')).toMatchObject({ rcode: 'REFUSED', said: [] })
  expect(ask('notcachectl.test', 'A')).toMatchObject({ rcode: 'REFUSED', said: [] })
})

describe('over UDP', () => {
  const many = { name: DUAL, addresses: Array.from({ length: 40 }, (_, index) => `127.64.1.${index}`) }

  test('what is too long is cut off, and whole over TCP', () => {
    expect(ask(DUAL, 'A', { entries: [many] })).toMatchObject({ said: [], flag_tc: true })
    expect(ask(DUAL, 'A', { entries: [many], transport: 'tcp' })).toMatchObject({
      flag_tc: false,
      said: { length: 40 },
    })
  })

  test('a client that takes more is told more, and what the server takes', () => {
    const option: Answer = {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 4096,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    }
    const short = { ...many, addresses: many.addresses.slice(0, 12) }
    expect(ask(DUAL, 'A', { entries: [short] }).flag_tc).toBe(true)
    const answer = ask(DUAL, 'A', { entries: [short], more: { additionals: [option] } })
    expect(answer).toMatchObject({
      flag_tc: false,
      said: { length: 12 },
      additionals: [{ type: 'OPT', udpPayloadSize: 1232 }],
    })
  })
})

describe('a message', () => {
  const book = bookOf(ENTRIES)

  test('that is an answer, or none at all, gets no answer', () => {
    expect(
      replyTo(encode({ type: 'response', id: 1, questions: [{ name: NODE, type: 'A' }] }), book, 'udp'),
    ).toBeUndefined()
    expect(replyTo(Buffer.alloc(11), book, 'udp')).toBeUndefined()
  })

  test('that asks for something else than names, for several, or for nothing, is refused with its number', () => {
    const refusal = (packet: Packet) => {
      const { id, rcode } = readable(
        replyTo(encode({ type: 'query', id: 9, ...packet }), book, 'udp')?.bytes ?? Buffer.alloc(0),
      )
      return [id, rcode]
    }
    const question = { name: NODE, type: 'A' } as const
    expect(refusal({ flags: 2 << 11, questions: [question] })).toEqual([9, 'NOTIMP'])
    expect(refusal({ questions: [question, question] })).toEqual([9, 'FORMERR'])
    expect(refusal({ questions: [] })).toEqual([9, 'FORMERR'])
    expect(refusal({ questions: [{ ...question, class: 'CH' }] })).toEqual([9, 'NOTIMP'])
  })

  test('of any bytes gets an answer to itself or none, and one that can be read', () => {
    const whole = encode({ type: 'query', id: 77, questions: [{ name: CONFIGURATION, type: 'A' }] })
    const damaged = fc
      .tuple(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(whole.length))
      .map(([changes, length]) => {
        const copy = Buffer.from(whole)
        for (const [at, byte] of changes) copy[at] = byte
        return copy.subarray(0, length)
      })
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 600 }).map((each) => Buffer.from(each)),
      damaged,
    )
    fc.assert(
      fc.property(bytes, fc.constantFrom('udp', 'tcp'), (message, transport) => {
        const reply = replyTo(message, book, transport)
        if (!reply) return
        expect(reply.bytes.subarray(0, 2)).toEqual(message.subarray(0, 2))
        expect(decode(reply.bytes).type).toBe('response')
        if (transport === 'udp') expect(reply.bytes.length).toBeLessThanOrEqual(1232)
      }),
      { numRuns: 300 },
    )
  })
})

/** A question for an address in this zone, its first label of any bytes. */
const asked = (
  label: Uint8Array,
  tail: Buffer = encode({ questions: [{ name: 'cachectl.test', type: 'A' }] }),
): Buffer => Buffer.concat([Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, label.length]), label, tail.subarray(12)])

test('a label of any bytes comes back as it was, or not at all', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 63 }), (label) => {
      const query = asked(label)
      const { bytes } = replyTo(query, bookOf(ENTRIES), 'udp') ?? expect.fail('no reply')
      const isBare = bytes.length === 12
      expect(bytes.readUInt16BE(4)).toBe(isBare ? 0 : 1)
      if (!isBare) expect(bytes.subarray(12, query.length)).toEqual(query.subarray(12))
      expect(readable(bytes).rcode).toBe(isBare ? 'FORMERR' : 'NXDOMAIN')
    }),
  )
})

test('what speaks a later version of the extensions is told which there is', () => {
  const option: Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 1,
    flags: 0,
    flag_do: false,
    options: [],
  }
  const answer = ask(NODE, 'A', { more: { additionals: [option] } })
  expect(answer.said).toEqual([])
  // BADVERS is 16: 1 in the record of options, before the header's 0.
  expect(answer.additionals).toMatchObject([{ type: 'OPT', ednsVersion: 0, extendedRcode: 1 }])
  expect(answer.rcode).toBe('NOERROR')
})
