import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ErrorRewriter } from '../../src/protocols/resp/errors.ts'

const wireOf = (value: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')])

/** Values that look like what is rewritten, too. */
const value = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((each) => Buffer.from(each)),
  fc.constantFrom(Buffer.from('\r\n-NO\r\n'), Buffer.from('-NO'), Buffer.from('')),
)
const reply = fc.oneof(
  value.map((each) => [wireOf(each), wireOf(each)] as const),
  fc.constantFrom('+OK\r\n', ':1\r\n', '$-1\r\n', '*-1\r\n', '-ERR other\r\n', '*2\r\n+a\r\n+b\r\n').map((each) => {
    return [Buffer.from(each), Buffer.from(each)] as const
  }),
  fc.constant([Buffer.from('-NO\r\n'), Buffer.from('-YES, IT IS\r\n')] as const),
  fc.constant([Buffer.from('*1\r\n-NO\r\n'), Buffer.from('*1\r\n-YES, IT IS\r\n')] as const),
)

it('other errors come in the place of some, in whatever pieces replies come, and nothing else is changed', () => {
  fc.assert(
    fc.property(fc.array(reply), fc.integer({ min: 1, max: 9 }), (replies, size) => {
      const wire = Buffer.concat(replies.map(([said]) => said))
      const rewriter = new ErrorRewriter((line) => (line === '-NO' ? '-YES, IT IS' : undefined))
      const passed: Buffer[] = []
      for (let at = 0; at < wire.length; at += size) passed.push(rewriter.push(wire.subarray(at, at + size)))
      expect(Buffer.concat(passed)).toEqual(Buffer.concat(replies.map(([, heard]) => heard)))
    }),
  )
})
