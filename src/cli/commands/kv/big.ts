/** Which keys are largest. The look is bounded: in keys, in memory. */
import { visibleLine } from '../../../api/visible.ts'
import type { KvClient } from '../../../kv/client.ts'
import { openSocket } from '../../../kv/conversation.ts'
import { readDumpedLine } from '../../../kv/key-lines.ts'
import { Largest } from '../../../kv/key-tally.ts'
import type { RespClient } from '../../../kv/resp/client.ts'
import { scanKeys } from '../../../kv/resp/scan.ts'
import { streamLines } from '../../../kv/stream-lines.ts'
import { endpoint } from '../../../net/target.ts'
import { wholeOf } from '../../../protocols/resp/reply.ts'
import { command } from '../../command.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { withProgress } from '../../live/progress.ts'
import { columnsText } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import { bytesText } from '../../output/quantities.ts'
import { tell } from '../../terminal.ts'
import { lookFlags, refusedBy } from './looks.ts'
import { whereWord, withKv } from './place.ts'

export const kvBig = command({
  summary: 'Show the largest keys, by looking at all of them once',
  description:
    'Of Memcached by lru_crawler metadump, with all that an item takes; nodes of ElastiCache refuse that from 1.6.17 on. Of Redis OSS and Valkey by SCAN and MEMORY USAGE on every primary, which go on serving others meanwhile. Ctrl-C ends the look early, and shows what was seen.',
  words: { where: whereWord },
  flags: {
    ...lookFlags('keys'),
  },
  forms: {},
  examples: ['kv big shop', 'kv big cart --count 5 --output json', 'kv big localhost:6379 --most 10000'],
  run: ({ words: { where }, flags, print }) =>
    untilInterrupted(async (interrupted) => {
      const largest = new Largest<BigKey>(flags.count)
      await withProgress(`looking at all keys of ${where}`, () =>
        withKv(where, flags, {
          memcached: (client) => dumpNodes(client, largest, flags.most, interrupted),
          resp: (client) => scanSizes(client, largest, flags.most, interrupted),
        }),
      )
      await print.answer({ seen: largest.seen, keys: largest.sorted() }, (answer, style) =>
        answer.keys.length === 0 ? 'No keys.' : columnsText(BIG, answer.keys, style),
      )
      const isCut = largest.seen >= flags.most || interrupted.aborted
      tell(`${isCut ? 'Stopped after' : 'Of'} ${largest.seen} ${largest.seen === 1 ? 'key' : 'keys'}.`)
    }),
})

interface BigKey {
  readonly key: string
  readonly bytes: number
  readonly node: string
}

const BIG: readonly Column<BigKey>[] = [
  { head: 'Key', of: ({ key }) => visibleLine(key) },
  { head: 'Takes', of: ({ bytes }) => bytesText(bytes) },
  { head: 'Node', of: 'node' },
]

async function dumpNodes(client: KvClient, largest: Largest<BigKey>, most: number, signal: AbortSignal): Promise<void> {
  for (const each of client.nodes) {
    const node = endpoint(each.host, each.port)
    const socket = await openSocket(client.dialOf(each))
    socket.write('lru_crawler metadump all\r\n')
    for await (const line of streamLines(socket, signal)) {
      const item = readDumpedLine(line)
      if (item) largest.add({ ...item, node })
      if (line === 'END' || largest.seen >= most) break
      if (!item) throw refusedBy(node, 'lru_crawler metadump', line)
    }
    if (largest.seen >= most || signal.aborted) return
  }
}

async function scanSizes(
  client: RespClient,
  largest: Largest<BigKey>,
  most: number,
  signal: AbortSignal,
): Promise<void> {
  for await (const keys of scanKeys(client, { signal })) {
    const room = keys.slice(0, most - largest.seen)
    const answers = await client.askAll(room.map((key) => ({ key, command: ['MEMORY', 'USAGE', key] })))
    answers.forEach(({ node, reply }, at) => {
      const bytes = wholeOf(reply)
      const key = room[at]?.toString() ?? ''
      // Gone between the two questions.
      if (bytes !== undefined) largest.add({ key, bytes: Number(bytes), node: endpoint(node.host, node.port) })
    })
    if (largest.seen >= most) return
  }
}
