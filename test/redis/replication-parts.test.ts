import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { encodeCommand } from '../../src/protocols/resp/encode.ts'
import { Args } from '../../src/redis/protocol/args.ts'
import { Backlog } from '../../src/redis/replication/backlog.ts'
import { Payload } from '../../src/redis/replication/payload.ts'
import { commandsOf } from './support/grammar.ts'
import { GRAMMARS } from './support/grammars.ts'
import { inSync, startMember } from './support/members.ts'

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const words = fc.array(bytes, { minLength: 1, maxLength: 5 })

test('a backlog tells what it was told, from any place that can still be asked for', () => {
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 30 }),
      fc.nat(500),
      fc.nat(4000),
      fc.nat(1000),
      (said, size, from, begin) => {
        const backlog = new Backlog(size, begin)
        for (const [at, command] of said.entries()) {
          if (at % 3 === 0) backlog.add(command)
          else if (at % 3 === 1) backlog.addArgs(Args.of(command))
          else backlog.append(encodeCommand(command))
          backlog.trim(Number.POSITIVE_INFINITY)
        }
        const whole = Buffer.concat(said.map(encodeCommand))
        expect(backlog.end).toBe(begin + whole.length)
        const place = Math.min(backlog.end, Math.max(backlog.first, begin + from))
        expect(Buffer.concat(backlog.from(place))).toEqual(whole.subarray(place - begin))
        expect(backlog.length).toBeLessThanOrEqual(size)
      },
    ),
  )
})

test('of a command of megabytes a backlog keeps no more than what can be asked for', () => {
  const command = ['SET', 'key', 'v'.repeat(9_000_000)].map((word) => Buffer.from(word))
  for (const way of ['add', 'addArgs', 'append'] as const) {
    const backlog = new Backlog(100_000, 0)
    if (way === 'add') backlog.add(command)
    else if (way === 'addArgs') backlog.addArgs(Args.of(command))
    else backlog.append(encodeCommand(command))
    expect(Buffer.concat(backlog.from(0)).equals(encodeCommand(command))).toBe(true)
    backlog.trim(Number.POSITIVE_INFINITY)
    expect(backlog.memory).toBeLessThan(3_000_000)
    expect(backlog.length).toBe(100_000)
  }
})

const cut = (whole: Buffer, lengths: readonly number[]): Buffer[] => {
  const pieces: Buffer[] = []
  let at = 0
  for (const length of [...lengths, whole.length]) {
    if (at < whole.length) pieces.push(whole.subarray(at, at + length))
    at += length
  }
  return pieces
}

test.each(['by its length', 'by its mark'])(
  'a file is read whole whose end is told %s, in pieces of any size',
  (how) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        fc.array(fc.integer({ min: 1, max: 90 })),
        (content, lengths) => {
          const file = Buffer.from(content)
          const mark = 'm'.repeat(20) + '0123456789'.repeat(2)
          const isMarked = how === 'by its mark'
          const payload = Payload.of(isMarked ? `$EOF:${mark}` : `$${file.length}`)
          const sent = isMarked ? Buffer.concat([file, Buffer.from(mark)]) : file
          const read: Buffer[] = []
          let isLast = false
          for (const piece of cut(sent, lengths)) {
            expect(isLast).toBe(false)
            const taken = payload?.take(piece)
            read.push(...(taken?.file.map((each) => Buffer.from(each)) ?? []))
            isLast = taken?.isLast === true
          }
          expect(isLast).toBe(true)
          expect(Buffer.concat(read)).toEqual(file)
          expect(payload?.read).toBe(file.length)
        },
      ),
    )
  },
)

const MORE = [
  'XADD s * f value',
  'XADD s MAXLEN ~ 3 * f value',
  'XGROUP CREATE s g 0 MKSTREAM',
  'XREADGROUP GROUP g c COUNT 2 STREAMS s >',
  'XAUTOCLAIM s g d 0 0',
  'SPOP key 2',
  'GETEX key PX 5',
  'SET key value PX 3',
  'BLMOVE key key LEFT RIGHT 0.001',
  'HINCRBYFLOAT key field 0.1',
  'SORT key ALPHA STORE key',
]

test('what random commands have done, a replica has', async () => {
  const [primary, replica] = await Promise.all([
    startMember(onTestFinished, 'node of redis'),
    startMember(onTestFinished, 'node of redis'),
  ])
  await replica.follow(primary)
  const commands = fc.oneof(...[...Object.values(GRAMMARS).flat(), ...MORE].map((grammar) => commandsOf(grammar)))
  for (const said of fc.sample(fc.array(commands, { minLength: 200, maxLength: 200 }), 3)) {
    await primary.ask(...said, ['DISCARD'], ['SELECT', '0'])
    await inSync(replica, primary)
  }
})
