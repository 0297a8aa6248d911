import { expect, test } from 'vitest'
import { readAccessString } from '../../src/acl/access-string.ts'
import { channelsInWords, commandsInWords, keysInWords } from '../../src/acl/words.ts'

const root = (text: string) => readAccessString(text, 'redis').root

test.each([
  ['+@all', 'all'],
  ['', 'none'],
  ['-@all -get', 'none'],
  ['-get +@read -@hash', '@read; not @hash'],
  ['+@all -@dangerous -flushall +info', 'all; not @dangerous, flushall; info'],
  ['+client|id +get +select|0', 'client id, get, select 0'],
])('the commands of %s are %s', (text, words) => {
  expect(commandsInWords(root(text))).toBe(words)
})

test('keys say whether they may only be read or written', () => {
  expect(keysInWords(root('~app:* %R~cart:* %W~log'))).toBe('app:*, cart:* (read), log (write)')
  expect(keysInWords(root('~*'))).toBe('all')
  expect(keysInWords(root(''))).toBe('none')
})

test('channels of which nothing is said are those that the cache has for everybody', () => {
  expect(channelsInWords(root(''))).toBe('default')
  expect(channelsInWords(root('&news:* &chat'))).toBe('news:*, chat')
  expect(channelsInWords(root('resetchannels'))).toBe('none')
})
