import { expect, test } from 'vitest'
import { LoopRunner, type Round } from '../../../src/engine/lifecycle/loops.ts'
import { type ManualClock, manualClock } from '../../support/manual-clock.ts'

/** Notes its rounds, and lets a test say what each leaves. */
class Rounds extends LoopRunner<'cluster' | 'serverlessCache'> {
  readonly seen: string[] = []
  readonly left: (Round | Error | Promise<Round>)[] = []

  static on(clock: ManualClock, log: string[] = []): Rounds {
    return new Rounds({ clock, log: (line) => log.push(line) })
  }

  get ends(): boolean {
    return this.closing
  }

  protected override async round(_: string, region: string, id: string): Promise<Round> {
    this.seen.push(`${region}/${id}`)
    const left = this.left.shift() ?? 'done'
    if (left instanceof Error) throw left
    return left
  }
}

const START = 1_000_000
const started = () => {
  const clock = manualClock(START)
  const log: string[] = []
  return { clock, log, rounds: Rounds.on(clock, log) }
}

/** A round that ends when the test says so. */
function held(): { round: Promise<Round>; end: (left: Round) => void } {
  let end: (left: Round) => void = () => {}
  const round = new Promise<Round>((resolve) => {
    end = resolve
  })
  return { round, end }
}

test('there are rounds until nothing is left to do', async () => {
  const { rounds } = started()
  rounds.left.push('again', 'again', 'done')
  await rounds.kick('cluster', 'us-west-2', 'shop')
  expect(rounds.seen).toEqual(new Array(3).fill('us-west-2/shop'))
  await rounds.kick('cluster', 'us-west-2', 'shop')
  expect(rounds.seen).toHaveLength(4)
})

test('what is due later is looked at when it is due, not before', async () => {
  const { rounds, clock } = started()
  rounds.left.push({ until: START + 100 })
  await rounds.kick('cluster', 'us-west-2', 'shop')
  clock.advanceTo(START + 99)
  await rounds.idle()
  expect(rounds.seen).toHaveLength(1)
  clock.advanceTo(START + 100)
  await rounds.idle()
  expect(rounds.seen).toHaveLength(2)
})

test('of two dates the newer counts', async () => {
  const { rounds, clock } = started()
  rounds.left.push({ until: START + 100 }, { until: START + 200 })
  await rounds.kick('cluster', 'us-west-2', 'shop')
  await rounds.kick('cluster', 'us-west-2', 'shop')
  clock.advanceTo(START + 100)
  await rounds.idle()
  expect(rounds.seen).toHaveLength(2)
  clock.advanceTo(START + 200)
  await rounds.idle()
  expect(rounds.seen).toHaveLength(3)
})

test('a record that changes while it is worked on is looked at once more by the same loop', async () => {
  const { rounds } = started()
  const first = held()
  rounds.left.push(first.round)
  const loop = rounds.kick('cluster', 'us-west-2', 'shop')
  expect(rounds.kick('cluster', 'us-west-2', 'shop')).toBe(loop)
  expect(rounds.seen).toHaveLength(1)
  first.end('done')
  await loop
  expect(rounds.seen).toHaveLength(2)
})

test('different records are worked on side by side', async () => {
  const { rounds } = started()
  const first = held()
  rounds.left.push(first.round)
  const slow = rounds.kick('cluster', 'us-west-2', 'slow')
  await rounds.kick('cluster', 'us-west-2', 'shop')
  await rounds.kick('cluster', 'eu-west-1', 'slow')
  await rounds.kick('serverlessCache', 'us-west-2', 'slow')
  expect(rounds.seen).toEqual(['us-west-2/slow', 'us-west-2/shop', 'eu-west-1/slow', 'us-west-2/slow'])
  first.end('done')
  await slow
})

test('idle waits for all that is being worked on', async () => {
  const { rounds } = started()
  const first = held()
  rounds.left.push(first.round)
  void rounds.kick('cluster', 'us-west-2', 'shop')
  let isIdle = false
  const idle = rounds.idle().then(() => {
    isIdle = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isIdle).toBe(false)
  first.end('again')
  await idle
  expect(rounds.seen).toHaveLength(2)
})

test('a round that throws is told of, and tried again five seconds later', async () => {
  const { rounds, clock, log } = started()
  rounds.left.push(new Error('no luck'))
  await rounds.kick('cluster', 'us-west-2', 'shop')
  expect(log).toEqual([expect.stringMatching(/^us-west-2\/shop: Error: no luck/)])
  clock.advanceTo(START + 4_999)
  await rounds.idle()
  expect(rounds.seen).toHaveLength(1)
  clock.advanceTo(START + 5_000)
  await rounds.idle()
  expect(rounds.seen).toHaveLength(2)
})

test('closing ends the round that runs, and nothing begins afterwards', async () => {
  const { rounds, clock } = started()
  rounds.left.push({ until: START + 100 })
  await rounds.kick('cluster', 'us-west-2', 'later')
  const [first, second] = [held(), held()]
  rounds.left.push(first.round, second.round)
  void rounds.kick('cluster', 'us-west-2', 'again')
  void rounds.kick('cluster', 'us-west-2', 'until')
  void rounds.kick('cluster', 'us-west-2', 'until')
  let isClosed = false
  const closed = rounds.close().then(() => {
    isClosed = true
  })
  expect(rounds.ends).toBe(true)
  await new Promise((resolve) => setImmediate(resolve))
  expect(isClosed).toBe(false)
  first.end('again')
  second.end({ until: START + 50 })
  await closed
  const { length } = rounds.seen
  expect(length).toBe(3)
  clock.advanceTo(START + 1_000)
  await rounds.idle()
  expect(rounds.seen).toHaveLength(length)
})
