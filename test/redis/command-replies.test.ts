import { beforeAll, describe, expect, test } from 'vitest'
import { ROWS } from '../../src/redis/commands/table.ts'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'

for (const { program, installed } of PROGRAMS) {
  const engine = program === 'redis-server' ? 'redis' : 'valkey'
  describe.skipIf(!installed)(`COMMAND answers as ${program} (skipped where it is not installed)`, () => {
    const atEnd = afterTests()
    let pair: Pair
    beforeAll(async () => {
      pair = await startPair(atEnd, { engine })
    })
    // Servers tell subcommands in an order of chance: containers are compared by their parts.
    const names = ROWS.map(({ name }) => name).filter((name) => !ROWS.some((row) => row.name.startsWith(`${name}|`)))

    for (const resp of [2, 3] as const) {
      test(`COMMAND INFO of each command, in RESP${resp}`, async () => {
        await pair.speak(resp)
        await pair.same(...names.map((name) => ['COMMAND', 'INFO', name]))
      })

      test(`COMMAND DOCS of each command, in RESP${resp}`, async () => {
        await pair.speak(resp)
        const { ours, theirs } = await pair.replies(...names.map((name) => ['COMMAND', 'DOCS', name]))
        // Valkey repeats the name of an argument, which is not kept here.
        const told = (replies: readonly string[]) =>
          replies.map((reply) =>
            reply.replace(/\$12\r\ndisplay_text\r\n\$\d+\r\n[^\r]*\r\n/g, '').replace(/[*%]\d+/g, ''),
          )
        expect(told(ours)).toEqual(told(theirs))
      })
    }

    test('keys of commands, found as the server finds them', () =>
      pair.same(
        ['COMMAND', 'GETKEYS', 'GET', 'a'],
        ['COMMAND', 'GETKEYS', 'MSET', 'a', '1', 'b', '2'],
        ['COMMAND', 'GETKEYS', 'PING'],
        ['COMMAND', 'GETKEYS', 'NOSUCH', 'a'],
        ['COMMAND', 'GETKEYS', 'GET'],
        ['COMMAND', 'GETKEYS', 'EVAL', 'x', '2', 'a', 'b', 'c'],
        ['COMMAND', 'GETKEYS', 'EVAL', 'x', '5', 'a'],
        ['COMMAND', 'GETKEYS', 'OBJECT', 'ENCODING', 'a'],
        ['COMMAND', 'GETKEYSANDFLAGS', 'SET', 'a', '1'],
        ['COMMAND', 'GETKEYSANDFLAGS', 'RENAME', 'a', 'b'],
        ['COMMAND', 'LIST', 'FILTERBY', 'PATTERN', 'incr*by'],
        ['COMMAND', 'LIST', 'NOSUCH'],
        ['COMMAND', 'INFO', 'nosuch', 'get|nosuch'],
      ))
  })
}
