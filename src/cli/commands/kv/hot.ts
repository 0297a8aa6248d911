/** Which keys are used most. The look is bounded: in time, in uses, in memory. */
import type { Socket } from 'node:net'
import { visibleLine } from '../../../api/visible.ts'
import type { KvClient } from '../../../kv/client.ts'
import { openSocket } from '../../../kv/conversation.ts'
import { readMonitored, readWatched } from '../../../kv/key-lines.ts'
import { KeyTally, type KeyUses } from '../../../kv/key-tally.ts'
import type { KvNode } from '../../../kv/placement.ts'
import type { RespClient } from '../../../kv/resp/client.ts'
import { streamLines } from '../../../kv/stream-lines.ts'
import { elapsedMs, systemClock } from '../../../net/clock.ts'
import { endpoint } from '../../../net/target.ts'
import { encodeCommand } from '../../../protocols/resp/encode.ts'
import { command } from '../../command.ts'
import { time } from '../../flag-kinds.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { withProgress } from '../../live/progress.ts'
import { columnsText } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import { countText } from '../../output/quantities.ts'
import { lookFlags, refusedBy } from './looks.ts'
import { whereWord, withKv } from './place.ts'

export const kvHot = command({
  summary: 'Show the keys that are used most, by watching all nodes for a while',
  description:
    'Nodes of Memcached are watched (watch fetchers mutations), primaries of Redis OSS and Valkey by MONITOR, which takes a share of their throughput: look no longer than needed. A store in Memcached counts as a read, too: nodes look the item up first. Of very many keys those used most are counted nearly right, and rare ones may be missing. Reads of replicas, and keys of scripts, are not seen. Ctrl-C ends the look early, and shows what was seen.',
  words: { where: whereWord },
  flags: {
    for: time({ summary: 'how long to look (default 10s)', otherwise: 10_000 }),
    ...lookFlags('uses'),
  },
  forms: {},
  examples: ['kv hot shop', 'kv hot cart --for 3s --count 5', 'kv hot localhost:6379 --output json'],
  run: ({ words: { where }, flags, print }) =>
    untilInterrupted(async (interrupted) => {
      const bound = { ms: flags.for, most: flags.most, interrupted }
      const tally = new KeyTally()
      const start = systemClock.monotonicMs()
      await withProgress(`watching ${where}`, () =>
        withKv(where, flags, {
          memcached: (client) => watchNodes(client, tally, bound),
          resp: (client) => monitorPrimaries(client, tally, bound),
        }),
      )
      const seconds = elapsedMs(systemClock, start) / 1000
      const keys = tally.top(flags.count).map((each) => hotKey(each, tally.uses, seconds))
      await print.answer({ seconds, uses: tally.uses, keys }, (answer, style) => {
        const all = `${answer.uses} uses in ${answer.seconds.toFixed(1)} s`
        return answer.keys.length === 0 ? `${all}.` : `${columnsText(HOT, answer.keys, style)}\n${all}.`
      })
    }),
})

interface HotKey extends KeyUses {
  readonly perSecond: number
  /** Of all uses, from 0 to 1. */
  readonly share: number
}

const hotKey = (uses: KeyUses, all: number, seconds: number): HotKey => {
  const own = uses.reads + uses.writes
  return { ...uses, perSecond: Math.round((own / seconds) * 10) / 10, share: Math.round((own / all) * 1000) / 1000 }
}

const HOT: readonly Column<HotKey>[] = [
  { head: 'Key', of: ({ key }) => visibleLine(key) },
  { head: 'Reads', of: ({ reads }) => countText(reads) },
  { head: 'Writes', of: ({ writes }) => countText(writes) },
  { head: 'Per second', of: ({ perSecond }) => countText(perSecond) },
  { head: 'Share', of: ({ share }) => `${(share * 100).toFixed(1)} %` },
]

interface Bound {
  readonly ms: number
  readonly most: number
  readonly interrupted: AbortSignal
}

/** Lets all look at once, and ends them together. */
async function within(
  { ms, interrupted }: Pick<Bound, 'ms' | 'interrupted'>,
  looks: readonly ((signal: AbortSignal) => Promise<'enough' | undefined>)[],
): Promise<void> {
  const over = new AbortController()
  const end = () => over.abort()
  interrupted.addEventListener('abort', end)
  const cancel = systemClock.after(ms, end)
  try {
    await Promise.all(
      looks.map(async (look) => {
        if ((await look(over.signal)) === 'enough') end()
      }),
    )
  } finally {
    cancel()
    end()
    interrupted.removeEventListener('abort', end)
  }
}

function watchNodes(client: KvClient, tally: KeyTally, bound: Bound): Promise<void> {
  const watch =
    (node: KvNode) =>
    async (signal: AbortSignal): Promise<'enough' | undefined> => {
      const name = endpoint(node.host, node.port)
      const lines = linesAfter(
        await openSocket(client.dialOf(node)),
        'watch fetchers mutations\r\n',
        'OK',
        name,
        signal,
      )
      for await (const line of lines) {
        const seen = readWatched(line)
        if (seen) tally.add(seen.key, seen.use)
        if (tally.uses >= bound.most) return 'enough'
      }
      return undefined
    }
  return within(bound, client.nodes.map(watch))
}

function monitorPrimaries(client: RespClient, tally: KeyTally, bound: Bound): Promise<void> {
  return within(
    bound,
    client.primaries.map((node) => async (signal): Promise<'enough' | undefined> => {
      const connection = await client.open(node)
      const request = encodeCommand(['MONITOR'])
      for await (const line of linesAfter(connection.release(), request, '+OK', connection.node, signal)) {
        for (const { key, use } of readMonitored(line)) tally.add(key, use)
        if (tally.uses >= bound.most) return 'enough'
      }
      return undefined
    }),
  )
}

/** What comes after the answer that is wanted. @throws Problem with any other answer */
async function* linesAfter(
  socket: Socket,
  request: string | Buffer,
  wanted: string,
  node: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  socket.write(request)
  let isFirst = true
  for await (const line of streamLines(socket, signal)) {
    if (isFirst && line !== wanted) throw refusedBy(node, 'watch', line)
    if (!isFirst) yield line
    isFirst = false
  }
}
