import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { hasRedis, NEEDS_REDIS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'
import { Talk } from './support/talk.ts'

/** Says one command on a connection and hears one thing; without words, only hears. */
type Say = (who: string, ...words: string[]) => Promise<void>

describe.skipIf(!hasRedis).each(['redis', 'valkey'] as const)(
  `pub/sub is that of %s-server ${NEEDS_REDIS}`,
  (engine) => {
    const atEnd = afterTests()
    let pair: Pair
    beforeAll(async () => {
      pair = await startPair(atEnd, { engine })
    })
    beforeEach(() => pair.reset())

    /** What is heard on a node's connections while a scene is played, which have the names that it gives them. */
    async function heard(port: number, scene: (say: Say) => Promise<void>): Promise<string[]> {
      const talks = new Map<string, Talk>()
      const lines: string[] = []
      try {
        await scene(async (who, ...words) => {
          const talk = talks.get(who) ?? (await Talk.to(port))
          talks.set(who, talk)
          const [reply = ''] = words.length > 0 ? await talk.ask(words) : [await talk.next()]
          if (words[0] !== 'HELLO') lines.push(`${who} ${words.join(' ')}: ${JSON.stringify(reply)}`)
        })
      } finally {
        for (const talk of talks.values()) talk.end()
      }
      return lines
    }

    async function sameScene(scene: (say: Say) => Promise<void>): Promise<void> {
      const ours = await heard(pair.ours.port, scene)
      const theirs = await heard(pair.theirs.port, scene)
      expect(ours).toEqual(theirs)
    }

    test.each(['2', '3'])('subscriptions, messages and counts in RESP%s', (resp) =>
      sameScene(async (say) => {
        await say('a', 'HELLO', resp)
        await say('a', 'SUBSCRIBE', 'news')
        await say('a', 'SUBSCRIBE', 'news')
        await say('a', 'PSUBSCRIBE', 'n?ws')
        await say('a', 'SSUBSCRIBE', 'news')
        await say('a', 'PING')
        await say('a', 'PING', 'x')
        await say('b', 'PUBLISH', 'news', 'hello')
        await say('a')
        await say('a')
        await say('b', 'SPUBLISH', 'news', '')
        await say('a')
        await say('b', 'PUBLISH', 'other', 'x')
        await say('b', 'PUBSUB', 'CHANNELS')
        await say('b', 'PUBSUB', 'CHANNELS', 'o*')
        await say('b', 'PUBSUB', 'CHANNELS', 'o*', 'x')
        await say('b', 'PUBSUB', 'NUMSUB')
        await say('b', 'PUBSUB', 'NUMSUB', 'news', 'other')
        await say('b', 'PUBSUB', 'NUMPAT')
        await say('b', 'PUBSUB', 'SHARDCHANNELS')
        await say('b', 'PUBSUB', 'SHARDNUMSUB', 'news')
        await say('b', 'PUBSUB', 'HELP')
        await say('b', 'PUBSUB', 'NOSUCH')
        await say('a', 'UNSUBSCRIBE', 'other')
        await say('a', 'UNSUBSCRIBE')
        await say('a', 'UNSUBSCRIBE')
        await say('a', 'PUNSUBSCRIBE')
        await say('a', 'PUNSUBSCRIBE')
        await say('a', 'SUNSUBSCRIBE', 'news')
        await say('a', 'SUNSUBSCRIBE')
        await say('a', 'ECHO', 'free')
        await say('b', 'PUBLISH', 'news', 'unheard')
      }),
    )

    test('a client of RESP2 that is subscribed may say little else, until it says RESET', () =>
      sameScene(async (say) => {
        await say('a', 'SSUBSCRIBE', 's')
        await say('a', 'GET', 'k')
        await say('a', 'CLIENT', 'ID')
        await say('a', 'PUBLISH', 'c', 'm')
        await say('a', 'SUBSCRIBE', 'c')
        await say('a', 'RESET')
        await say('a', 'GET', 'k')
        await say('b', 'PUBSUB', 'NUMSUB', 'c')
        await say('b', 'PUBSUB', 'SHARDNUMSUB', 's')
      }))

    test('a client of RESP3 goes on as before, and hears what it publishes itself', () =>
      sameScene(async (say) => {
        await say('a', 'SUBSCRIBE', 'c')
        await say('a', 'UNSUBSCRIBE', 'c')
        await say('a', 'CONFIG', 'SET', 'notify-keyspace-events', '')
        await say('a', 'CLIENT', 'REPLY', 'ON')
        await say('b', 'GET', 'k')
        await say('c', 'PSUBSCRIBE', '*')
        await say('b', 'MULTI')
        await say('b', 'PUBLISH', 'c', 'in a transaction')
        await say('b', 'SUBSCRIBE', 'd')
        await say('b', 'EXEC')
        await say('c')
        await say('b', 'UNSUBSCRIBE')
        await say('b', 'EVAL', "return redis.call('PUBLISH', 'c', 'of a script')", '0')
        await say('c')
        await say('b', 'EVAL', "return redis.call('SUBSCRIBE', 'c')", '0')
      }))

    test('what a client publishes to itself comes where it does in the reply of the server', async () => {
      const said = [['PUBLISH', 'c', '1'], ['MULTI'], ['PUBLISH', 'c', '2'], ['EXEC'], ['ECHO', 'end']]
      await pair.speak(3)
      await pair.same(['SUBSCRIBE', 'c'])
      await pair.sameBytes(said.map((words) => `${words.join(' ')}\r\n`).join(''), said.length + 2)
      await pair.same(['UNSUBSCRIBE'])
    })

    test('the events of keys are heard as messages', () =>
      sameScene(async (say) => {
        await say('b', 'CONFIG', 'SET', 'notify-keyspace-events', 'KEA')
        await say('a', 'SUBSCRIBE', '__keyspace@0__:k')
        await say('a', 'PSUBSCRIBE', '__keyevent@0__:*')
        await say('b', 'SET', 'k', 'v', 'PX', '1')
        for (let i = 0; i < 4; i++) await say('a')
        for (let i = 0; i < 2; i++) await say('a')
        await say('b', 'LPUSH', 'k', 'x')
        for (let i = 0; i < 2; i++) await say('a')
        await say('b', 'DEL', 'k')
        await say('b', 'CONFIG', 'SET', 'notify-keyspace-events', '')
      }))

    test('CLIENT LIST and INFO tell of subscriptions, and those of a client that is gone are gone', () => {
      const shown = async (port: number) => {
        const [asker, listener] = await Promise.all([Talk.to(port), Talk.to(port)])
        const [id = ''] = await listener.ask(['CLIENT', 'ID'])
        for (const words of [
          ['SUBSCRIBE', 'c'],
          ['SUBSCRIBE', 'd'],
          ['PSUBSCRIBE', 'p*'],
          ['SSUBSCRIBE', 's'],
        ])
          await listener.ask(words)
        const [line = '', kinds = ''] = await asker.ask(
          ['CLIENT', 'LIST', 'ID', id.slice(1, -2)],
          ['CLIENT', 'LIST', 'TYPE', 'pubsub'],
        )
        const [info = ''] = await asker.ask(['INFO', 'everything'])
        listener.end()
        let left = ''
        while (left !== '*2\r\n$1\r\nc\r\n:0\r\n') [left = ''] = await asker.ask(['PUBSUB', 'NUMSUB', 'c'])
        const after = await asker.ask(['PUBSUB', 'NUMPAT'], ['PUBSUB', 'SHARDNUMSUB', 's'], ['PUBSUB', 'CHANNELS'])
        asker.end()
        const flags = /flags=\S+/.exec(line)?.[0]
        const counts = / sub=\d+ psub=\d+ ssub=\d+/.exec(line)?.[0]
        return [flags, counts, kinds.split('\n').length, info.match(/^pubsub\w*:\d+/gm), after]
      }
      return Promise.all([shown(pair.ours.port), shown(pair.theirs.port)]).then(([ours, theirs]) =>
        expect(ours).toEqual(theirs),
      )
    })
  },
)
