import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readAccessString } from '../../src/acl/access-string.ts'
import { decide } from '../../src/acl/decide.ts'
import { matches } from '../../src/acl/glob.ts'
import { userLine } from '../../src/acl/server-rules.ts'
import { isInstalled } from '../support/programs.ts'
import { startAclServer } from './acl-server.ts'

const ask = (rules: string, line: string) => decide(readAccessString(rules, 'redis'), line.split(' '), 'redis')

describe('a user', () => {
  test.each([
    ['on ~app:* +@read', 'GET app:1', true, undefined],
    ['on ~app:* +@read', 'get cart:1', false, 'may not read key cart:1; keys: app:*'],
    ['on ~app:* +@read', 'set app:1 x', false, 'set is not allowed: no rule allows it'],
    ['on ~app:* +@all -@write', 'set app:1 x', false, 'set is not allowed: -@write'],
    ['on %R~app:* +@all', 'set app:1 x', false, 'may not write key app:1; keys: app:* (read)'],
    ['on %W~app:* +@all', 'set app:1 x get', false, 'may not both read and write key app:1; keys: app:* (write)'],
    ['on ~a +@all', 'mget a b', false, 'may not read key b; keys: a'],
    ['on +get', 'get a', false, 'may not read key a; keys: none'],
    ['off ~* +@all', 'get a', false, 'the user is off'],
    ['on ~* +@all', 'config get maxmemory', false, 'config get is not there on ElastiCache'],
    ['on ~* +@all', 'nosuch', false, 'no command nosuch is known'],
    ['on ~* -@all', 'auth ann x', true, undefined],
    ['on ~* +select|0', 'select 0', true, undefined],
    ['on ~* +select|0', 'select 1', false, 'select is not allowed: no rule allows it'],
    ['on ~a +get (~b +set)', 'set b 1', true, undefined],
    ['on ~a +get (~b +set)', 'set a 1', false, 'may not write key a; keys: b'],
    ['on +@all &news:*', 'publish chat x', false, 'has no channel chat; channels: news:*'],
    ['on +@all', 'publish chat x', true, 'unless acl-pubsub-default of the cache takes channels away'],
    ['on +@all', 'eval x 1 a', true, 'if its keys are: they were not looked at'],
  ])('with %s asking for %s: %s', (rules, line, allowed, why) => {
    expect(ask(rules, line)).toEqual(why === undefined ? { allowed } : { allowed, why })
  })
})

describe('a pattern', () => {
  test.each([
    ['*', '', false],
    ['a*c', 'abbc', true],
    ['a*c*e', 'abcde', true],
    ['a*c', 'ab', false],
    ['a?c', 'abc', true],
    ['a?', 'a', false],
    ['[a-c]x', 'bx', true],
    ['[c-a]x', 'bx', true],
    ['[^a]x', 'ax', false],
    ['[ab', 'b', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['[\\]]', ']', true],
  ])('%s and %s: %s', (pattern, text, is) => {
    expect(matches(pattern, text)).toBe(is)
  })

  test('with many stars takes no time', () => {
    expect(matches('a*'.repeat(200), 'a'.repeat(2_000))).toBe(true)
    expect(matches(`${'a*'.repeat(200)}b`, 'a'.repeat(2_000))).toBe(false)
  })
})

const rule = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('+', '-'),
      fc.constantFrom('@all', '@read', '@write', 'get', 'set', 'select', 'copy', 'client', 'client|id'),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('~', '%R~', '%W~'), fc.constantFrom('a', 'b*', '[ab]', '?', 'x\\*y', 'a*[^b]'))
    .map((parts) => parts.join('')),
  fc.constantFrom('&a', '&b*', 'allchannels', 'resetchannels', '+select|0', 'allkeys'),
)
const rules = fc
  .tuple(fc.array(rule, { maxLength: 5 }), fc.array(fc.array(rule, { maxLength: 3 }), { maxLength: 2 }))
  .map(([own, selectors]) => ['on', ...own, ...selectors.map((each) => `(${each.join(' ')})`)].join(' '))
const key = fc.constantFrom('a', 'b', 'bb', 'x*y', 'xxy', 'ab', '')
const line = fc.oneof(
  fc.tuple(fc.constantFrom('get', 'incr', 'exists', 'del', 'strlen', 'type'), key),
  fc.tuple(fc.constantFrom('set', 'copy', 'rename', 'publish', 'mget', 'subscribe', 'psubscribe'), key, key),
  fc.tuple(fc.constant('set'), key, key, fc.constantFrom('get', 'nx')),
  fc.tuple(fc.constant('setex'), key, fc.constant('10'), key),
  fc.constantFrom(
    ['select', '0'],
    ['select', '1'],
    ['client', 'id'],
    ['client', 'list'],
    ['ping'],
    ['mset', 'a', '1', 'b', '2'],
  ),
)

const isThere = isInstalled('redis-server') && isInstalled('redis-cli')
test.skipIf(!isThere)(
  `a real server decides alike${isThere ? '' : ' (redis-server is not installed)'}`,
  async () => {
    const { ask: told } = await startAclServer('redis-server', onTestFinished)
    await told('CONFIG', 'SET', 'acl-pubsub-default', 'allchannels')
    await fc.assert(
      fc.asyncProperty(rules, line, async (text, words) => {
        fc.pre(isTaken(text))
        const read = readAccessString(text, 'redis')
        const user = { name: 'ann', rules: read, passwordHashes: [], noPassword: true }
        const [name = '', ...modifiers] = userLine(user, 'redis').match(/\([^)]*\)|\S+/g) ?? []
        expect(await told('ACL', 'SETUSER', name, 'reset', ...modifiers)).toBe('OK')
        const answer = await told('ACL', 'DRYRUN', name, ...words)
        expect(decide(read, words, 'redis').allowed, `${text}: ${words.join(' ')}: ${answer}`).toBe(answer === 'OK')
      }),
      { numRuns: 150 },
    )
  },
  60_000,
)

/** Not so are patterns after all of them. */
function isTaken(text: string): boolean {
  try {
    readAccessString(text, 'redis')
    return true
  } catch {
    return false
  }
}
