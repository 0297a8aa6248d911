import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BadReply } from '../../src/protocols/resp/decode.ts'
import { encodeCommand, encodedLength } from '../../src/protocols/resp/encode.ts'
import { type Heard, ReplicationReader } from '../../src/protocols/resp/replication.ts'

const blob = fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each))
const command = fc.array(blob, { minLength: 1, maxLength: 4 })
const sizes = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1 })

function inPieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + (lengths[pieces.length % lengths.length] ?? 1)
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}

const hear = (pieces: readonly Buffer[]): Heard[] => {
  const reader = new ReplicationReader()
  return pieces.flatMap((piece) => [...reader.push(piece)])
}

describe('what a primary says to a replica', () => {
  it('is the same in whatever pieces it comes', () => {
    fc.assert(
      fc.property(blob, fc.array(command), sizes, (file, commands, lengths) => {
        const answers = Buffer.from(`+OK\r\n+FULLRESYNC abc 7\r\n\n\n$${file.length}\r\n`)
        const heard = hear(inPieces(Buffer.concat([answers, file, ...commands.map(encodeCommand)]), lengths))
        const pieces = heard.filter((each) => each.kind === 'file')
        expect(heard.filter((each) => each.kind === 'line').map(({ text }) => text)).toEqual([
          '+OK',
          '+FULLRESYNC abc 7',
        ])
        expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(file)
        expect(pieces.map(({ isLast }) => isLast).indexOf(true)).toBe(pieces.length - 1)
        expect(heard.filter((each) => each.kind === 'command').map(({ words }) => words)).toEqual(commands)
      }),
    )
  })

  it('is commands at once for one that goes on, each as long as it came', () => {
    fc.assert(
      fc.property(fc.array(command), sizes, (commands, lengths) => {
        const wire = Buffer.concat(commands.map(encodeCommand))
        const [first, ...others] = hear(inPieces(Buffer.concat([Buffer.from('+CONTINUE abc\r\n'), wire]), lengths))
        expect(first).toEqual({ kind: 'line', text: '+CONTINUE abc' })
        const total = others.reduce((sum, each) => sum + (each.kind === 'command' ? each.length : 0), 0)
        expect(total).toBe(wire.length)
      }),
    )
  })

  it.each(['+FULLRESYNC abc 7\r\n$EOF:abc\r\n', '+CONTINUE\r\n+OK\r\n', '+CONTINUE\r\n*1\r\n:1\r\n', 'x'.repeat(5000)])(
    'is refused when it is nothing a primary would say: %j',
    (wire) => {
      expect(() => hear([Buffer.from(wire)])).toThrow(BadReply)
    },
  )
})

it('a command is as long as it says', () => {
  fc.assert(fc.property(command, (words) => encodedLength(words) === encodeCommand(words).length))
})
