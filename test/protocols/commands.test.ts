import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandScanner } from '../../src/protocols/resp/commands.ts'
import { encodeCommand } from '../../src/protocols/resp/encode.ts'

const WATCHED = ['AUTH', 'HELLO']

/** What a scanner makes of bytes that come in pieces of these lengths. */
function scanned(bytes: Buffer, lengths: readonly number[]) {
  const scanner = new CommandScanner(WATCHED)
  const commands: string[][] = []
  const passed: Buffer[] = []
  let at = 0
  for (const length of [...lengths, bytes.length]) {
    for (const piece of scanner.push(bytes.subarray(at, at + length))) {
      passed.push(Buffer.from(piece.raw))
      if ('command' in piece) commands.push(piece.command.map((word) => word.toString('latin1')))
    }
    at += length
  }
  return { commands, passed: Buffer.concat(passed) }
}

const value = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
const name = fc.constantFrom('AUTH', 'auth', 'Hello', 'SET', 'AUTHX', 'PING', '')
const command = fc.tuple(name, fc.array(value, { maxLength: 4 }))
const lengths = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 40 })

test('commands that are watched are found, and every byte is passed once, however they come', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 6 }), lengths, (sent, pieces) => {
      const bytes = Buffer.concat(sent.map(([word, rest]) => encodeCommand([word, ...rest])))
      const watched = sent.filter(([word]) => WATCHED.includes(word.toUpperCase()))
      expect(scanned(bytes, pieces)).toEqual({
        commands: watched.map(([word, rest]) => [word, ...rest.map((each) => each.toString('latin1'))]),
        passed: bytes,
      })
    }),
  )
})

test('whatever is sent, all that is whole is passed', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('*', '$', '1', '4', '\r\n', 'AUTH', 'x', '-'), { maxLength: 40 }), (parts) => {
      const bytes = Buffer.from(parts.join(''))
      const { passed } = scanned(bytes, [])
      expect(bytes.subarray(0, passed.length)).toEqual(passed)
    }),
  )
})

test('lines are commands too', () => {
  const { commands, passed } = scanned(Buffer.from('PING\r\nauth app secret\r\nPING\r\n'), [3, 9])
  expect(commands).toEqual([['auth', 'app', 'secret']])
  expect(passed.toString()).toBe('PING\r\nauth app secret\r\nPING\r\n')
})

test('a watched command without an end is not waited for', () => {
  const bytes = Buffer.from(`*2\r\n$4\r\nAUTH\r\n$1000000\r\n${'x'.repeat(100)}`)
  expect(scanned(bytes, [])).toEqual({ commands: [], passed: bytes })
})
