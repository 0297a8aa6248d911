import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { startNode } from './support/node.ts'
import { type Pair, startPair } from './support/pair.ts'

const words = (reply: string) => reply.split(/\s+/).sort()

describe.each(PROGRAMS.filter(({ installed }) => installed))('ACL answers as that of $program', ({ program }) => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    const engine = program === 'valkey-server' ? 'valkey' : 'redis'
    pair = await startPair(atEnd, { engine })
  })

  const rule = fc.constantFrom(
    ...'on off nopass resetpass >pw >other <pw sanitize-payload skip-sanitize-payload reset clearselectors'.split(' '),
    ...'~a* ~* ~b %R~r* %W~r* %RW~c %X~d resetkeys allkeys &ch* &* resetchannels allchannels'.split(' '),
    ...'+@all -@all +@read -@read +@write -@dangerous +@string +@fast -@slow +@hash +@admin -@connection'.split(' '),
    ...'+get -get +config|get -config|get +config -config +select -select|1 +nosuch foo'.split(' '),
    ...['(+get ~x)', '(~k* +@read %W~q -get)', '(+nosuch)', '(nopass)', '(+set', '~y)', '+@nosuch', '#12', '!12'],
  )

  test('whatever rules a user is given, one after the other', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.array(rule, { minLength: 1, maxLength: 4 }), { maxLength: 6 }), async (given) => {
        const { ours, theirs } = await pair.replies(
          ...given.flatMap((rules) => [
            ['ACL', 'SETUSER', 'u', ...rules],
            ['ACL', 'LIST'],
            ['ACL', 'GETUSER', 'u'],
          ]),
          ...[
            'GET x',
            'SET x 1',
            'GET a1',
            'SET r1 1',
            'CONFIG GET x',
            'SELECT 0',
            'SELECT 1',
            'MSET a1 1 r1 1',
            'PING',
          ].map((command) => ['ACL', 'DRYRUN', 'u', ...command.split(' ')]),
          ['ACL', 'DELUSER', 'u'],
        )
        // Rules for single commands come in the order of a hash table.
        expect(ours.map(words)).toEqual(theirs.map(words))
      }),
      { numRuns: 60 },
    ))

  test('commands that are allowed with a first argument only', () =>
    pair.same(
      ['ACL', 'SETUSER', 'first', '+select|0'],
      ['ACL', 'GETUSER', 'first'],
      ['ACL', 'DRYRUN', 'first', 'SELECT', '0'],
      ['ACL', 'DRYRUN', 'first', 'SELECT', '1'],
      ['ACL', 'SETUSER', 'first', '+select'],
      ['ACL', 'SETUSER', 'first', '+config|get|x'],
      ['ACL', 'SETUSER', 'first', '+config|nosuch'],
      ['ACL', 'DRYRUN', 'first', 'SELECT', '1'],
      ['ACL', 'DELUSER', 'first'],
    ))

  test('categories and their commands', async () => {
    await pair.same(['ACL', 'CAT'], ['ACL', 'CAT', 'nosuch'], ['ACL', 'HELP'])
    const { ours, theirs } = await pair.replies(['ACL', 'CAT', 'string'], ['ACL', 'CAT', 'Scripting'])
    expect(ours.map(words)).toEqual(theirs.map(words))
  })

  test('who a client is, and what it is refused', async () => {
    const mine = await pair.ours.connect()
    const real = await pair.connectTheirs()
    // One by one: valkey-server has been seen to stop in the midst of a pipeline with AUTH.
    const same = async (...commands: string[][]) => {
      for (const command of commands) expect(await mine.ask(command)).toEqual(await real.ask(command))
    }
    await pair.same(
      [
        'ACL',
        'SETUSER',
        'bob',
        'on',
        '>pw',
        '~b*',
        '%R~r*',
        '+@read',
        '+set',
        '+multi',
        '+exec',
        '+eval',
        '+acl|whoami',
      ],
      ['ACL', 'SETUSER', 'off', '>pw'],
    )
    await same(
      ['ACL', 'WHOAMI'],
      ['AUTH', 'bob', 'wrong'],
      ['AUTH', 'off', 'pw'],
      ['AUTH', 'none', 'pw'],
      ['AUTH', 'pw'],
      ['AUTH', 'bob', 'pw'],
      ['ACL', 'WHOAMI'],
      ['SET', 'b1', 'x'],
      ['SET', 'r1', 'x'],
      ['GET', 'r1'],
      ['GET', 'x'],
      ['DEL', 'b1'],
      ['ACL', 'USERS'],
      ['EVAL', "return redis.pcall('SET', KEYS[1], 'x')", '1', 'b1'],
      ['EVAL', "return redis.pcall('DEL', KEYS[1])", '1', 'b1'],
      ['EVAL', "return redis.pcall('PUBSUB', 'CHANNELS')", '0'],
      ['EVAL', "return redis.pcall('GET', 'x')", '0'],
      ['MULTI'],
      ['SET', 'b1', '2'],
      ['GET', 'x'],
      ['EXEC'],
      ['MULTI'],
      ['SET', 'b1', '2'],
    )
    await pair.same(['ACL', 'SETUSER', 'bob', '-set'])
    await same(['EXEC'], ['HELLO', '2', 'AUTH', 'bob', 'wrong'], ['HELLO', '3', 'SETNAME', 'x', 'AUTH', 'bob', 'no'])
    const { ours, theirs } = await pair.replies(['ACL', 'LOG', '20'])
    const told = (replies: string[]) =>
      (replies[0] ?? '').match(/(?<=(?:reason|context|object|username)\r\n\$\d+\r\n).*(?=\r\n)/g)
    expect(told(ours)).toEqual(told(theirs))
    await pair.same(['ACL', 'LOG', 'RESET'], ['ACL', 'LOG'])
    const ended = mine.rest()
    await pair.same(['ACL', 'DELUSER', 'bob', 'none'])
    await ended
    await pair.same(['ACL', 'DELUSER', 'off'])
  })

  test('who may not read all keys sorts by none that a pattern makes', async () => {
    const mine = await pair.ours.connect()
    const real = await pair.connectTheirs()
    await pair.same(
      ['ACL', 'SETUSER', 'sam', 'on', '>pw', '~l*', '+@all', '(+sort_ro %R~*)'],
      ['RPUSH', 'list', '1', '2'],
    )
    for (const command of [
      ['AUTH', 'sam', 'pw'],
      ['SORT', 'list', 'BY', 'w_*'],
      ['SORT', 'list', 'BY', 'nosort'],
      ['SORT', 'list', 'GET', '#'],
      ['SORT_RO', 'list', 'BY', 'w_*', 'GET', '#'],
    ])
      expect(await mine.ask(command)).toEqual(await real.ask(command))
    await pair.same(['ACL', 'DELUSER', 'sam'])
  })

  test('words that make no sense, and what is not there', async () => {
    const commands = [
      ['ACL', 'SETUSER', 'a b', 'on'],
      ['ACL', 'GETUSER', 'none'],
      ['ACL', 'DELUSER', 'default'],
      ['ACL', 'DRYRUN', 'none', 'GET', 'x'],
      ['ACL', 'DRYRUN', 'default', 'nosuch'],
      ['ACL', 'DRYRUN', 'default', 'GET'],
      ['ACL', 'DRYRUN', 'default', 'GET', 'x'],
      ['ACL', 'GENPASS', '0'],
      ['ACL', 'GENPASS', 'x'],
      ['ACL', 'LOG', 'x'],
      ['ACL', 'SAVE'],
      ['ACL', 'LOAD'],
      ['CONFIG', 'SET', 'requirepass', 'secret'],
      ['ACL', 'LIST'],
      ['AUTH', 'wrong'],
      ['AUTH', 'secret'],
      ['CONFIG', 'SET', 'requirepass', ''],
      ['ACL', 'LIST'],
    ]
    for (const command of commands) await pair.same(command)
  })
})

test('users outlive a node in its ACL file, whose faults change nothing', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-acl-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'users.acl')
  writeFileSync(path, 'user default on nopass ~* &* +@all\nuser ann on >pw ~a* +get\n')
  const atEnd = (work: () => Promise<void>) => onTestFinished(work)
  const first = await startNode(atEnd, { config: [`aclfile ${path}`] })
  const [, before] = await first.talk.ask(
    ['ACL', 'SETUSER', 'bob', 'on', '~b*', '(+set ~c*)'],
    ['ACL', 'LIST'],
    ['ACL', 'SAVE'],
  )
  const second = await startNode(atEnd, { config: [`aclfile ${path}`] })
  expect(await second.talk.ask(['ACL', 'LIST'])).toEqual([before])
  // In the words of both servers.
  const end = 'WARNING: ACL errors detected, no change to the previously active ACL rules was performed\r\n'
  const unknown = (word: string) => `Error in applying operation '${word}': Unknown command or category name in ACL. `
  for (const [text, why] of [
    ['user cat on +nosuch +@none ~a\n', `${path}:1: ${unknown('+nosuch')}${path}:1: ${unknown('+@none')}`],
    ['user a on\nuser a off\n', "WARNING: Duplicate user 'a' found on line 2. "],
    ['\n# a comment\n', `${path}:2 should start with user keyword followed by the username. `],
    ['user a (+get\n', `${path}:1: Unmatched parenthesis in selector definition.`],
  ] as const) {
    writeFileSync(path, text)
    expect(await second.talk.ask(['ACL', 'LOAD'], ['ACL', 'LIST'])).toEqual([`-ERR ${why}${end}`, before])
  }
})
