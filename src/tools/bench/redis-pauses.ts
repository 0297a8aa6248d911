import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { freemem } from 'node:os'
import { residentBytes } from './engine-process.ts'
import { printTable } from './measure.ts'
import type { MixedLoad, MixedLoadMessage } from './redis-mixed-load.ts'
import type { Watched } from './redis-watched.ts'

const MIB = 2 ** 20
const MOST_PAUSE_MS = 20

type Scale = Omit<MixedLoad, 'port'>

const WHOLE: Scale = { bytes: 2048 * MIB, seconds: 600, members: 500_000 }
const QUICK: Scale = { bytes: 256 * MIB, seconds: 45, members: 50_000 }

/** The longest time in which a full node under a mixed load served nobody, by what was going on. */
export async function benchRedisPauses(quick: boolean, scale: Scale = quick ? QUICK : WHOLE): Promise<void> {
  // Others need memory, too.
  const bytes = Math.min(scale.bytes, freemem() / 4)
  const node = fork(new URL('./redis-watched.ts', import.meta.url), [String(MOST_PAUSE_MS)])
  const [port] = (await once(node, 'message')) as [number] // what it sends first
  try {
    const load: MixedLoad = { ...scale, port, bytes }
    const rows = [
      ['', 'pause, ms', 'processor time', 'with waiting for the processor', 'collection', `over ${MOST_PAUSE_MS} ms`],
    ]
    let longest = 0
    let during = 'filling'
    let seen: Exclude<MixedLoadMessage, string | { during: string }> | undefined
    const all = new Map<string, Watched>()
    const note = async (): Promise<void> => {
      const before = during
      const watched = await askWatched(node)
      all.set(before, longer(all.get(before), watched))
    }
    for await (const message of messagesOf(
      fork(new URL('./redis-mixed-load.ts', import.meta.url), [JSON.stringify(load)]),
    )) {
      await note()
      if (message === 'filled') during = 'mixed load'
      else if ('during' in message) during = message.during
      else seen = message
    }
    for (const [name, watched] of all) {
      longest = Math.max(longest, watched.longestMs)
      const { longestMs, longestWorkMs, longestWithWaitingMs, longestCollectionMs, tooLong } = watched
      rows.push([
        name,
        ...[longestMs, longestWorkMs, longestWithWaitingMs, longestCollectionMs].map((ms) => ms.toFixed(1)),
        `${tooLong}`,
      ])
    }
    const resident = residentBytes(node.pid as number) / MIB // it has answered
    printTable(
      `Pauses of a node with ${(bytes / MIB).toFixed(0)} MiB of keys and values (resident ${resident.toFixed(0)} MiB), ${scale.seconds} s of mixed load`,
      rows,
    )
    console.log(
      `  longest ${longest.toFixed(1)} ms, wanted <= ${MOST_PAUSE_MS}: ${longest <= MOST_PAUSE_MS ? 'reached' : 'missed'}`,
    )
    if (seen) {
      const { requests, p99Ms, p999Ms, longestMs } = seen
      console.log(
        `  seen by clients on ${requests} requests: p99 ${p99Ms.toFixed(1)} ms, p99.9 ${p999Ms.toFixed(1)} ms, longest ${longestMs.toFixed(1)} ms`,
      )
    }
  } finally {
    const ended = once(node, 'exit')
    node.disconnect()
    await ended
  }
}

async function askWatched(node: ChildProcess): Promise<Watched> {
  const answer = once(node, 'message')
  node.send('report')
  const [watched] = (await answer) as [Watched] // what it answers
  return watched
}

const longer = (a: Watched | undefined, b: Watched): Watched => ({
  longestMs: Math.max(a?.longestMs ?? 0, b.longestMs),
  longestWorkMs: Math.max(a?.longestWorkMs ?? 0, b.longestWorkMs),
  longestWithWaitingMs: Math.max(a?.longestWithWaitingMs ?? 0, b.longestWithWaitingMs),
  longestCollectionMs: Math.max(a?.longestCollectionMs ?? 0, b.longestCollectionMs),
  tooLong: (a?.tooLong ?? 0) + b.tooLong,
})

/** What a child sends until it ends. @throws Error, if it fails. */
async function* messagesOf(child: ChildProcess): AsyncGenerator<MixedLoadMessage> {
  const waiting: MixedLoadMessage[] = []
  let wake: () => void = () => undefined
  let code: number | null | undefined
  child.on('message', (message: MixedLoadMessage) => {
    waiting.push(message)
    wake()
  })
  child.on('exit', (status) => {
    code = status
    wake()
  })
  for (;;) {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next
    if (code === 0) return
    if (code !== undefined) throw new Error(`the load ended with ${code}`)
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}
