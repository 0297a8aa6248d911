import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { commandsOf } from './support/grammar.ts'
import { GRAMMARS } from './support/grammars.ts'
import { type Pair, startPair } from './support/pair.ts'

const elements = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `element:${from + i}`)

describe.each(PROGRAMS.filter(({ installed }) => installed))(
  'HyperLogLogs answer as those of $program',
  ({ program }) => {
    const atEnd = afterTests()
    let pair: Pair
    beforeAll(async () => {
      const engine = program === 'valkey-server' ? 'valkey' : 'redis'
      pair = await startPair(atEnd, { engine, config: ['hll-sparse-max-bytes 300'] })
    })
    beforeEach(() => pair.reset())

    test('whatever is done to them, corrupt or not', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(...(GRAMMARS.hyperloglog ?? []).map(commandsOf)), { minLength: 5, maxLength: 60 }),
          async (commands) => {
            const { ours, theirs } = await pair.replies(...commands)
            expect(ours).toEqual(theirs)
            await pair.replies(['FLUSHALL'])
          },
        ),
        { numRuns: 40 },
      ))

    test('the same bytes with each element, from sparse to dense', () =>
      pair.same(
        ...elements(0, 300).flatMap((element) => [
          ['PFADD', 'k', element],
          ['GET', 'k'],
          ['PFDEBUG', 'ENCODING', 'k'],
        ]),
      ))

    test('the same cardinality of few and of many, alone and together', () =>
      pair.same(
        ...Array.from({ length: 40 }, (_, i) => ['PFADD', 'many', ...elements(i * 500, i * 500 + 500)]),
        ['PFCOUNT', 'many'],
        ['GET', 'many'],
        ['PFADD', 'few', ...elements(19_950, 20_050)],
        ['PFCOUNT', 'few', 'many', 'none'],
        ['PFMERGE', 'both', 'few', 'many'],
        ['PFMERGE', 'copy', 'few', 'none'],
        ['GET', 'both'],
        ['GET', 'copy'],
        ['PFCOUNT', 'both'],
        ['PFCOUNT', 'copy'],
        ['PFDEBUG', 'DECODE', 'copy'],
        ['PFDEBUG', 'GETREG', 'few'],
        ['PFDEBUG', 'ENCODING', 'few'],
      ))

    test('elements of any length', () =>
      pair.same(
        ...Array.from({ length: 40 }, (_, i) => ['PFADD', 'k', Buffer.alloc(i, 0x80 + i)]),
        ['GET', 'k'],
        ['PFCOUNT', 'k'],
      ))

    test('what is none, or corrupt', () =>
      pair.same(
        ['SET', 's', 'v'],
        ['SET', 'n', '12'],
        ['LPUSH', 'l', 'x'],
        ...['s', 'n', 'l'].flatMap((key) => [
          ['PFADD', key, 'x'],
          ['PFCOUNT', key],
          ['PFMERGE', 'd', key],
        ]),
        ['PFADD', 'k', 'x', 'y'],
        ['PFADD', 'other', 'x', 'y'],
        ['APPEND', 'k', 'zz'],
        ['PFCOUNT', 'k'],
        ['PFCOUNT', 'k', 'other'],
        ['PFMERGE', 'd', 'k'],
        ['SETRANGE', 'other', '4', '\x02'],
        ['PFADD', 'other', 'z'],
        ['PFDEBUG', 'FOO', 'k'],
        ['PFDEBUG', 'ENCODING', 'k', 'k'],
        ['PFDEBUG', 'ENCODING', 'none'],
        ['PFSELFTEST'],
      ))
  },
)
