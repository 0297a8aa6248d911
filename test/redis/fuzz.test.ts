import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { hasRedis, NEEDS_REDIS } from '../support/redis-server.ts'
import { commandsOf } from './support/grammar.ts'
import { GRAMMARS, UNORDERED } from './support/grammars.ts'
import { type Pair, startPair } from './support/pair.ts'

/** More of them for a night: REDIS_FUZZ_RUNS=10000. */
const RUNS = Number(process.env.REDIS_FUZZ_RUNS ?? 15)
const GROUPS = (process.env.REDIS_FUZZ_GROUPS ?? Object.keys(GRAMMARS).join(',')).split(',')
const command = fc.oneof(...GROUPS.flatMap((group) => (GRAMMARS[group] ?? []).map(commandsOf)))

describe.skipIf(!hasRedis)(`random conversations ${NEEDS_REDIS}`, () => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEnd)
  })

  for (const resp of [2, 3] as const) {
    test(`with RESP${resp} get the server's replies`, () =>
      fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 200 }), async (commands) => {
          await pair.reset()
          await pair.speak(resp)
          const { ours, theirs } = await pair.replies(...commands)
          const shown = (replies: readonly string[]) =>
            commands.map((words, at) => `${words.join(' ')} => ${inOrder(String(words[0]), replies[at] ?? '')}`)
          expect(shown(ours)).toEqual(shown(theirs))
        }),
        { numRuns: RUNS },
      ))
  }
})

const inOrder = (name: string, reply: string): string =>
  UNORDERED.includes(name) ? reply.split('\r\n').sort().join(' ') : JSON.stringify(reply)
