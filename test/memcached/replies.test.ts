import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Replies, type ReplySink } from '../../src/memcached/replies.ts'
import { startNode } from './support/node.ts'

const turnOver = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Writes down what it is given; what it holds must not change until it lets go of it. */
class Reader implements ReplySink {
  patient = true
  holds = false
  readonly #pieces: { readonly bytes: Buffer; readonly was: string }[] = []
  readonly #told: string[]
  readonly #name: string

  constructor(name: string, told: string[] = []) {
    this.#name = name
    this.#told = told
  }

  take(bytes: Buffer): boolean {
    const was = bytes.toString('latin1')
    if (this.holds) this.#pieces.push({ bytes, was })
    else this.#pieces.push({ bytes: Buffer.from(bytes), was })
    this.#told.push(this.#name)
    return this.holds
  }

  get read(): string {
    for (const { bytes, was } of this.#pieces) expect(bytes.toString('latin1')).toBe(was)
    return this.#pieces.map(({ was }) => was).join('')
  }
}

function answer(replies: Replies, to: Reader, text: string): void {
  replies.begin(to)
  replies.text(Buffer.from(text, 'latin1'))
  replies.end()
}

/** Replies of a node so busy that they leave together. */
async function busyReplies(): Promise<Replies> {
  const replies = new Replies()
  const reader = new Reader('crowd')
  for (let i = 0; i < 100; i++) answer(replies, reader, 'END\r\n')
  await turnOver()
  return replies
}

describe('replies', () => {
  it('leave at once while few are served', () => {
    const replies = new Replies()
    const reader = new Reader('a')
    answer(replies, reader, 'END\r\n')
    expect(reader.read).toBe('END\r\n')
  })

  it('leave in a row, at the end of the turn at the latest, while many are served', async () => {
    const replies = await busyReplies()
    const told: string[] = []
    const readers = ['a', 'b', 'c'].map((name) => new Reader(name, told))
    for (const reader of readers) answer(replies, reader, 'STORED\r\n')
    expect(told).toEqual([])
    await turnOver()
    expect(told).toEqual(['a', 'b', 'c'])
    expect(readers.map(({ read }) => read)).toEqual(['STORED\r\n', 'STORED\r\n', 'STORED\r\n'])
  })

  it('leave one by one again once few are served', async () => {
    const replies = await busyReplies()
    const reader = new Reader('a')
    answer(replies, reader, 'first\r\n')
    await turnOver()
    answer(replies, reader, 'second\r\n')
    expect(reader.read).toBe('first\r\nsecond\r\n')
  })

  it('do not wait for the end of a turn when their reader is about to be hung up on', async () => {
    const replies = await busyReplies()
    const reader = new Reader('a')
    answer(replies, reader, 'STORED\r\n')
    replies.begin(reader)
    reader.patient = false
    replies.end()
    expect(reader.read).toBe('STORED\r\n')
  })

  it('reach each reader whole and in order, whoever reads slowly', async () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 2040, max: 2060 }), fc.constant(200_000))
    const step = fc.record({
      reader: fc.nat({ max: 5 }),
      size,
      newTurn: fc.integer({ min: 0, max: 20 }).map((n) => n === 0),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const replies = await busyReplies()
        const readers = Array.from({ length: 6 }, (_, i) => new Reader(`${i}`))
        for (const [i, reader] of readers.entries()) {
          reader.holds = i === 1
          reader.patient = i !== 2
        }
        const expected = readers.map(() => '')
        for (const [i, { reader, size, newTurn }] of steps.entries()) {
          const text = String.fromCharCode(97 + (i % 26)).repeat(size)
          answer(replies, readers[reader] as Reader, text)
          expected[reader] += text
          if (newTurn) await turnOver()
        }
        await turnOver()
        expect(readers.map(({ read }) => read)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })
})

it('answers each of many busy clients what it asked, and nothing else', async () => {
  const { connect } = await startNode()
  const clients = await Promise.all(Array.from({ length: 40 }, () => connect()))
  await Promise.all(
    clients.map(async (client, id) => {
      for (let i = 0; i < 60; i++) {
        // Every fourth client reads values that are too large to wait.
        const value = `${id}-${i}`.repeat(id % 4 === 0 ? 700 : 3)
        expect(await client.ask(`set ${id} 0 0 ${value.length}\r\n${value}\r\n`)).toBe('STORED\r\n')
        expect(await client.ask(`get ${id}\r\n`)).toBe(`VALUE ${id} 0 ${value.length}\r\n${value}\r\nEND\r\n`)
      }
      client.send(`get ${id}\r\nget nothing\r\nquit\r\n`)
      expect(await client.untilClosed()).toMatch(/END\r\nEND\r\n$/)
    }),
  )
})
