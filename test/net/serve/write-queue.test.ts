import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ReplySink, WriteQueue } from '../../../src/net/serve/write-queue.ts'

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

function answer(replies: WriteQueue, to: Reader, text: string): void {
  replies.begin(to)
  replies.text(Buffer.from(text, 'latin1'))
  replies.end()
}

/** Replies of a node so busy that they leave together. */
async function busyReplies(): Promise<WriteQueue> {
  const replies = new WriteQueue()
  const reader = new Reader('crowd')
  for (let i = 0; i < 100; i++) answer(replies, reader, 'END\r\n')
  await turnOver()
  return replies
}

describe('replies', () => {
  it('leave at once while few are served', () => {
    const replies = new WriteQueue()
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

describe('what is written into a reply', () => {
  /** What a reader reads of what `write` writes, and then of `END`. */
  const written = (write: (replies: WriteQueue) => void): string => {
    const replies = new WriteQueue()
    const reader = new Reader('one')
    replies.begin(reader)
    write(replies)
    replies.text(Buffer.from('END'))
    replies.end()
    return reader.read.replace(/END$/, '')
  }

  it('is a whole number in decimal', () => {
    const edges = [0, 9, 10, 99, 100, 101, 2 ** 31 - 1, 2 ** 31, 10 ** 9, 10 ** 9 - 1, 2 ** 53 - 1]
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat(), fc.nat(), fc.nat(1_000)), (number) => {
        expect(written((replies) => replies.decimal(number))).toBe(String(number))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is a number of 16 or 32 bits, the highest first', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffff_ffff), (short, long) => {
        const text = written((replies) => {
          replies.uint16(short)
          replies.uint32(long)
        })
        const bytes = Buffer.from(text, 'latin1')
        expect([bytes.length, bytes.readUInt16BE(0), bytes.readUInt32BE(2)]).toEqual([6, short, long])
      }),
    )
  })

  it('is a part of a buffer, letters, and lines', () => {
    const text = written((replies) => {
      replies.copy(Buffer.from('xxkeyxx'), 2, 5)
      replies.byte(0x21)
      replies.crlf()
      replies.string('é')
      replies.line('é')
    })
    expect(text).toBe('key!\r\né\xe9\r\n')
  })

  it('may be taken back as far as it has not been settled', () => {
    const text = written((replies) => {
      replies.string('kept')
      replies.settle()
      replies.string('lost')
      replies.takeBack()
    })
    expect(text).toBe('kept')
  })

  it('may be larger than the buffer, in one piece, after what was before it', () => {
    const large = Buffer.alloc(300_000, 'large ')
    const replies = new WriteQueue()
    const reader = new Reader('one')
    const sizes: number[] = []
    const sink: ReplySink = {
      patient: true,
      take: (bytes) => {
        sizes.push(bytes.length)
        return reader.take(bytes)
      },
    }
    replies.begin(sink)
    replies.text(Buffer.from('before'))
    replies.text(large)
    replies.text(Buffer.from('after'))
    replies.end()
    expect(sizes.slice(0, 2)).toEqual([6, 300_000])
    expect(reader.read).toBe(`before${large}after`)
    expect(replies.written).toBe(300_011)
  })

  it('frees the memory of a large one once its reader no longer needs it', () => {
    const replies = new WriteQueue()
    const taken: { readonly whole: Buffer | undefined; readonly keeps: boolean }[] = []
    const sayTo = (keeps: boolean) => {
      replies.begin({ patient: true, take: (_, whole) => taken.push({ whole, keeps }) > 0 && keeps })
      replies.text(Buffer.alloc(300_000, 'large'))
      replies.end()
    }
    sayTo(false)
    sayTo(true)
    const lengths = () => taken.map(({ whole }) => whole?.length)
    expect(lengths()).toEqual([0, 300_000])
    for (const { whole, keeps } of taken) if (whole && keeps) replies.recycle(whole)
    expect(lengths()).toEqual([0, 0])
  })

  it('waits for no others where it would not fit behind them, and takes no buffer of its own for that', async () => {
    const replies = await busyReplies()
    const shared = replies.bytes
    const told: string[] = []
    for (const name of ['a', 'b']) answer(replies, new Reader(name, told), 'END\r\n')
    replies.begin(new Reader('large', told))
    replies.text(Buffer.alloc(shared.length - 10))
    expect(replies.bytes).toBe(shared)
    expect(told).toEqual(['a', 'b'])
    replies.end()
    expect(told).toEqual(['a', 'b', 'large'])
  })

  it('fills the buffer to its last byte before another is taken', () => {
    const replies = new WriteQueue()
    const sizes: number[] = []
    replies.begin({ patient: true, take: (bytes) => sizes.push(bytes.length) < 0 })
    const { length } = replies.bytes
    replies.text(Buffer.alloc(length - 4))
    replies.text(Buffer.alloc(4))
    expect(sizes).toEqual([])
    replies.text(Buffer.alloc(1))
    expect(sizes).toEqual([length])
    replies.end()
    expect(sizes).toEqual([length, 1])
  })

  it('is given to its reader with its buffer once that is not shared, and the buffer is used again', () => {
    const replies = new WriteQueue()
    const first = replies.bytes
    const wholes: (Buffer | undefined)[] = []
    const sink: ReplySink = { patient: true, take: (_, whole) => wholes.push(whole) > 0 }
    const say = () => {
      replies.begin(sink)
      replies.text(Buffer.from('x'))
      replies.end()
    }
    say()
    expect(wholes).toEqual([first])
    const second = replies.bytes
    expect(second).not.toBe(first)
    replies.recycle(first)
    replies.recycle(Buffer.alloc(10))
    say()
    expect(replies.bytes).toBe(first)
  })
})
