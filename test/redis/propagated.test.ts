import { connect } from 'node:net'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { eventually } from '../support/eventually.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'
import { replyEnd } from './support/raw-replies.ts'

const LAST = '$4\r\nlast\r\n$1\r\n1\r\n'

/** What a replica hears of a server from now on, up to `SET last 1`. */
async function listen(port: number): Promise<{ told(): Promise<string[]> }> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  let heard: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes])
  })
  socket.write('SYNC\r\n')
  const file = () => /^\n*\$(\d+)\r\n/.exec(heard.toString('latin1'))
  await eventually('the file is there', () => file() !== null)
  return {
    async told() {
      await eventually('it heard of all', () => heard.includes(LAST))
      const [head = '', size = ''] = file() ?? []
      const commands: string[] = []
      for (let at = head.length + Number(size); at < heard.length; ) {
        const end = replyEnd(heard, at)
        if (end < 0) break
        const words = heard
          .toString('latin1', at, end)
          .split('\r\n')
          .filter((_, line) => line > 0 && line % 2 === 0)
        commands.push(words.join(' ').replace(/\d{13}/g, 'then'))
        at = end
      }
      return commands.filter((command) => !/^(?:ping|replconf)/i.test(command))
    },
  }
}

describe.each(PROGRAMS.filter(({ installed }) => installed))('replicas of $program', ({ program }) => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEnd, { engine: program === 'valkey-server' ? 'valkey' : 'redis' })
  })

  test('are told in the words of the server', async () => {
    const heard = [await listen(pair.ours.port), await listen(pair.theirs.port)]
    const said = (line: string) => line.split(' ')
    await pair.same(...SAID.map(said))
    const { ours } = await pair.replies(['DUMP', 'x'])
    const value = Buffer.from((ours[0] ?? '').split('\r\n').slice(1, -1).join('\r\n'), 'latin1')
    for (const frees of ['yes', 'no']) {
      await pair.same(
        ['CONFIG', 'SET', 'lazyfree-lazy-server-del', frees],
        ['SET', 'y', 'v'],
        ['RESTORE', 'y', '1', value, 'ABSTTL', 'REPLACE'],
        ...['SET y v', 'GETDEL y', 'SADD y a', 'SPOP y 9'].map(said),
      )
    }
    await pair.same(['SET', 'last', '1'])
    const [embedded, real] = await Promise.all(heard.map((each) => each.told()))
    expect(embedded).toEqual(real)
  })
})

const SAID = [
  'DEBUG SET-ACTIVE-EXPIRE 0',
  'XADD s 1-1 a b',
  'XADD s 1-2 a b',
  'XADD s 1-3 a b',
  'XGROUP CREATE s g 0',
  'MULTI',
  'XREADGROUP GROUP g c COUNT 2 STREAMS s >',
  'XREADGROUP GROUP g c STREAMS s >',
  'EXEC',
  'XREADGROUP GROUP g second STREAMS s >',
  'XADD s 1-4 a b',
  'XREADGROUP GROUP g third NOACK STREAMS s >',
  'XREADGROUP GROUP g fourth NOACK STREAMS s >',
  'XREADGROUP GROUP g fourth STREAMS s 0',
  'SET x v',
  'SET y v',
  'SET y v EXAT 1',
  'SET y v',
  'GETEX y EXAT 1',
  'set y v pxat 9999999999999',
  'set y v xx get pxat 9999999999999',
  'set y v exat 9999999999',
  'RPUSH l a b c',
  'LTRIM l 0 -1',
  'LMOVE l m LEFT RIGHT',
  'BLPOP l 0',
  'LMPOP 1 l LEFT COUNT 9',
]
