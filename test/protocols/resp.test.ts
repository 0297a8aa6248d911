import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BadReply, ReplyDecoder, type ReplyLimits } from '../../src/protocols/resp/decode.ts'
import { encodeCommand } from '../../src/protocols/resp/encode.ts'
import { redirectOf } from '../../src/protocols/resp/redirect.ts'
import {
  entriesOf,
  fieldsOf,
  isError,
  itemsOf,
  type Reply,
  type ReplyError,
  textOf,
  wholeOf,
} from '../../src/protocols/resp/reply.ts'

/** A reply, and the bytes a server sends it as. */
type Sent = readonly [wire: Buffer, reply: Reply]

const bytes = (...parts: (string | Buffer)[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part)))
const line = (kind: string, said: unknown): Buffer => bytes(`${kind}${said}\r\n`)
const bulk = (kind: string, content: Buffer): Buffer => bytes(`${kind}${content.length}\r\n`, content, '\r\n')

const blob = fc.uint8Array({ maxLength: 80 }).map((each) => Buffer.from(each))
const words = fc.string({ maxLength: 40 }).map((each) => each.replace(/[\r\n]/g, ' '))
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const double = fc.double().map((each) => (Object.is(each, -0) ? 0 : each))
const doubleText = (value: number): string =>
  Number.isFinite(value) ? String(value) : String(value).toLowerCase().replace('infinity', 'inf')
const failure = fc.tuple(fc.constantFrom('ERR', 'WRONGTYPE', 'MOVED'), words)

const single: fc.Arbitrary<Sent> = fc.oneof(
  words.map((each): Sent => [line('+', each), each]),
  int64.map((each): Sent => [line(':', each), each]),
  blob.map((each): Sent => [bulk('$', each), each]),
  fc.constantFrom<Sent>([bytes('$-1\r\n'), null], [bytes('*-1\r\n'), null], [bytes('_\r\n'), null]),
  fc.boolean().map((each): Sent => [line('#', each ? 't' : 'f'), each]),
  double.map((each): Sent => [line(',', doubleText(each)), each]),
  fc.bigInt().map((each): Sent => [line('(', each), each]),
  failure.map(([code, text]): Sent => [line('-', `${code} ${text}`), { kind: 'error', code, text }]),
  failure.map(([code, text]): Sent => [bulk('!', Buffer.from(`${code} ${text}`)), { kind: 'error', code, text }]),
  blob.map((each): Sent => [bulk('=', bytes('txt:', each)), { kind: 'verbatim', format: 'txt', bytes: each }]),
)

const { reply: anyReply } = fc.letrec<{ reply: Sent; pairs: [Sent, Sent][] }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    single,
    fc
      .array(tie('reply'), { maxLength: 5 })
      .map(
        (items): Sent => [
          bytes(line('*', items.length), ...items.map(([wire]) => wire)),
          items.map(([, each]) => each),
        ],
      ),
    fc
      .array(tie('reply'), { maxLength: 5 })
      .map(
        (items): Sent => [
          bytes(line('~', items.length), ...items.map(([wire]) => wire)),
          { kind: 'set', items: items.map(([, each]) => each) },
        ],
      ),
    tie('pairs').map(
      (pairs): Sent => [
        bytes(line('%', pairs.length), ...pairs.flatMap(([[name], [value]]) => [name, value])),
        { kind: 'map', entries: pairs.map(([[, name], [, value]]) => [name, value] as const) },
      ],
    ),
    // An attribute before a reply changes nothing of it.
    fc
      .tuple(tie('pairs'), tie('reply'))
      .map(
        ([pairs, [wire, each]]): Sent => [
          bytes(line('|', pairs.length), ...pairs.flatMap(([[name], [value]]) => [name, value]), wire),
          each,
        ],
      ),
  ),
  pairs: fc.array(fc.tuple(tie('reply'), tie('reply')), { maxLength: 3 }),
}))
const push = fc
  .array(anyReply, { minLength: 1, maxLength: 3 })
  .map(
    (items): Sent => [
      bytes(line('>', items.length), ...items.map(([wire]) => wire)),
      { kind: 'push', items: items.map(([, each]) => each) },
    ],
  )
const stream = fc.array(fc.oneof(anyReply, push), { maxLength: 6 })
const cuts = fc.array(fc.nat(400), { maxLength: 40 })

/** All that can be read of the bytes when they come in such pieces, and what ended it. */
function decoded(
  wire: Buffer,
  lengths: readonly number[],
  limits: Partial<ReplyLimits> = {},
): { replies: Reply[]; refused?: string } {
  const decoder = new ReplyDecoder(limits)
  const replies: Reply[] = []
  let at = 0
  try {
    for (const length of [...lengths, wire.length]) {
      decoder.push(Buffer.from(wire.subarray(at, at + length)))
      at = Math.min(wire.length, at + length)
      for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) replies.push(reply)
    }
    return { replies }
  } catch (error) {
    if (!(error instanceof BadReply)) throw error
    expect(() => decoder.next()).toThrow(BadReply)
    return { replies, refused: error.message }
  }
}

const refusalOf = (wire: string, limits?: Partial<ReplyLimits>) =>
  decoded(Buffer.from(wire, 'latin1'), [], limits).refused
const replyTo = (wire: string): Reply | undefined => decoded(Buffer.from(wire, 'latin1'), []).replies[0]

describe('a decoder of RESP', () => {
  it('reads every kind of reply, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(stream, cuts, (sent, lengths) => {
        expect(decoded(bytes(...sent.map(([wire]) => wire)), lengths)).toEqual({
          replies: sent.map(([, reply]) => reply),
        })
      }),
    )
  })

  it('reads a command back as the strings that were sent', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(blob, words), { minLength: 1 }), (command) => {
        expect(decoded(encodeCommand(command), []).replies).toEqual([command.map((part) => Buffer.from(part))])
      }),
    )
  })

  it('refuses bytes that are no RESP with one kind of error, alike in whatever pieces they come', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
      fc.stringMatching(/^([-+:$*~%>|_#,(=!][-+0-9a-z?]{0,5}\r?\n?)*$/).map((each) => Buffer.from(each)),
      // Good bytes of which one has been changed.
      fc.tuple(stream, fc.nat(), fc.nat(255)).map(([sent, at, byte]) => {
        const wire = bytes(...sent.map(([each]) => each))
        if (wire.length > 0) wire[at % wire.length] = byte
        return wire
      }),
    )
    const limits = { depth: 4, line: 100, bulk: 500, values: 50, bytes: 2000 }
    fc.assert(
      fc.property(hostile, cuts, (wire, lengths) => {
        const whole = decoded(wire, [], limits)
        const pieces = decoded(wire, lengths, limits)
        expect(pieces.replies).toEqual(whole.replies)
        expect(pieces.refused === undefined).toBe(whole.refused === undefined)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['nonsense', 'VERSION 1.6.22\r\n', 'not an answer in RESP: "VERSION 1.6.22"'],
    ['lengths below nothing', '$-2\r\n', 'not a length: "-2"'],
    ['lengths that are no numbers', '*1e3\r\n', 'not a length: "1e3"'],
    ['streamed strings', '$?\r\n', 'not a length: "?"'],
    [
      'whole numbers beyond 64 bits',
      ':9223372036854775808\r\n',
      'a whole number of more than 64 bits: "9223372036854775808"',
    ],
    ['strings longer than they say', '$1\r\nab\r\n', 'a string longer than it says: "a"'],
    ['a line feed without its return', '+OK\n', 'a line that does not end in CR LF: "+OK"'],
    ['a push within a reply', '*1\r\n>1\r\n+a\r\n', 'a push within a reply: "1"'],
    ['a verbatim string without a format', '=2\r\nab\r\n', 'a verbatim string without its format: "ab"'],
  ])('refuses %s', (_, wire, message) => {
    expect(refusalOf(wire)).toBe(message)
  })

  it('refuses what is deeper, longer or more than it takes, before it has come', () => {
    expect(refusalOf('*1\r\n'.repeat(10_000))).toMatch(/more than 64 deep/)
    expect(refusalOf('*1000000000\r\n')).toMatch(/more than \d+ values/)
    expect(refusalOf('$999999999999\r\n')).toMatch(/more than \d+ bytes/)
    expect(refusalOf(`+${'x'.repeat(100_000)}`)).toMatch(/a line of more than/)
    expect(refusalOf('|0\r\n'.repeat(100), { values: 50 })).toMatch(/more than 50 values/)
    expect(refusalOf('*2\r\n$5\r\nabcde\r\n$5\r\nabcde\r\n', { bytes: 20 })).toMatch(/more than 20 bytes/)
  })

  it('parts the code of an error from its text, where it has one', () => {
    expect(replyTo('-NOAUTH Authentication required.\r\n')).toEqual({
      kind: 'error',
      code: 'NOAUTH',
      text: 'Authentication required.',
    })
    expect(replyTo('-NOAUTH\r\n')).toEqual({ kind: 'error', code: 'NOAUTH', text: '' })
    expect(replyTo('-no luck\r\n')).toEqual({ kind: 'error', code: '', text: 'no luck' })
  })
})

describe('a reply of RESP', () => {
  it('says the same in both versions: flat arrays and maps, text and numbers', () => {
    for (const wire of ['*2\r\n$4\r\nslot\r\n$1\r\n7\r\n', '%1\r\n+slot\r\n:7\r\n']) {
      expect(wholeOf(fieldsOf(replyTo(wire) ?? null).get('slot') ?? null)).toBe(7n)
    }
    expect(entriesOf(replyTo('+OK\r\n') ?? null)).toEqual([])
    expect(itemsOf(replyTo('~1\r\n:1\r\n') ?? null)).toEqual([1n])
    expect(textOf(replyTo('=6\r\ntxt:ab\r\n') ?? null)).toBe('ab')
    expect(wholeOf('7.5')).toBeUndefined()
  })

  it.each([
    ['-MOVED 3999 127.0.0.1:6381', { kind: 'moved', slot: 3999, host: '127.0.0.1', port: 6381 }],
    ['-ASK 1 ::1:6381', { kind: 'ask', slot: 1, host: '::1', port: 6381 }],
    ['-MOVED 0 :6379', { kind: 'moved', slot: 0, host: '', port: 6379 }],
    ['-MOVED somewhere', undefined],
    ['-ERR MOVED 1 a:1', undefined],
  ])('%s is read as where to go', (wire, redirect) => {
    const reply = replyTo(`${wire}\r\n`) ?? null
    expect(isError(reply)).toBe(true)
    expect(redirectOf(reply as ReplyError)).toEqual(redirect)
  })
})
