import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandScanner } from '../../../../src/engine/nodes/redis/command-scanner.ts'
import { encodeCommand } from '../../../../src/protocols/resp/encode.ts'

/** The same bytes in pieces of these lengths, over and over. */
function piecesOf(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

const command = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  { minLength: 1, maxLength: 5 },
)

test('commands are told with their sizes, however the network cuts them', () => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
      (commands, lengths) => {
        const encoded = commands.map(encodeCommand)
        const scanner = new CommandScanner()
        const sizes = piecesOf(Buffer.concat(encoded), lengths).flatMap((piece) => scanner.scan(piece))
        expect(sizes).toEqual(encoded.map(({ length }) => length))
      },
    ),
  )
})

test('commands typed by hand are told as well, and empty lines are none', () => {
  expect(new CommandScanner().scan(Buffer.from('PING\r\n\r\nGET a\r\n*0\r\n'))).toEqual([6, 9])
})
