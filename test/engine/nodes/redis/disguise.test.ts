import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asksForUsers, usersToTell, withoutRefusal } from '../../../../src/engine/nodes/redis/disguise.ts'
import { encodeCommand } from '../../../../src/protocols/resp/encode.ts'

const isRestricted = (command: string) => ['psync', 'cluster|meet'].includes(command)
const told = (text: string) => withoutRefusal(Buffer.from(text), isRestricted).toString()

test('a command that clients are not to know is an unknown one, whichever way the server refuses it', () => {
  expect(told("-NOPERM this user has no permissions to run the 'psync' command\r\n+OK\r\n")).toBe(
    "-ERR unknown command 'psync', with args beginning with: \r\n+OK\r\n",
  )
  expect(told("-NOPERM User default has no permissions to run the 'cluster|meet' command\r\n")).toBe(
    "-ERR unknown command 'cluster', with args beginning with: 'meet' \r\n",
  )
})

test('anything else stays as it is', () => {
  const others = fc.oneof(
    fc.constant("-NOPERM User a has no permissions to run the 'set' command\r\n"),
    fc.constant("-NOPERM User a has no permissions to run the 'psync' comm"),
    fc.constant('-'),
    fc.string(),
  )
  fc.assert(
    fc.property(others, (text) => {
      expect(told(text)).toBe(text)
    }),
  )
})

test('who asks for users is seen in any case, as an array or as a line', () => {
  for (const question of [
    ['ACL', 'LIST'],
    ['acl', 'Users'],
  ])
    expect(asksForUsers(encodeCommand(question))).toBe(true)
  expect(asksForUsers(Buffer.from('ACL LIST\r\n'))).toBe(true)
  expect(asksForUsers(encodeCommand(['ACL', 'CAT']))).toBe(false)
})

const LINES = ['user cachectl on #ab ~* +@all', `user app on #${'a'.repeat(64)} ~* +@all -set -psync -cluster|meet`]
const ANSWER = encodeCommand(LINES)

test('an answer in any pieces leaves out the engine’s user, hashes, and rules of the engine’s own', () => {
  expect(usersToTell(Buffer.concat([ANSWER, Buffer.from('+PONG\r\n')]), 'cachectl', isRestricted).toString()).toBe(
    `${encodeCommand(['user app on ~* +@all -set'])}+PONG\r\n`,
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: ANSWER.length - 1 }), (length) => {
      expect(usersToTell(ANSWER.subarray(0, length), 'cachectl', isRestricted)).toBe('more')
    }),
  )
  expect(usersToTell(Buffer.from('+OK\r\n'), 'cachectl', isRestricted)).toBe('other')
})
