import fc from 'fast-check'
import { expect, test } from 'vitest'
import { visible, visibleBytes, visibleIn, visibleLine } from '../../src/api/visible.ts'

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const JOINERS = /[\u200c\u200d]/g
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\x1b', '\x9b', '\r', '\n', '\t', '\u202e', '\ud800', 'a', '\\') }),
)

test('nothing hidden is left, and doing it again changes nothing', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(visibleLine(text).replace(JOINERS, '')).not.toMatch(HIDDEN)
      expect(
        visible(text)
          .replace(JOINERS, '')
          .replaceAll(/\r?\n|\t/g, ''),
      ).not.toMatch(HIDDEN)
      expect(visibleLine(visibleLine(text))).toBe(visibleLine(text))
      expect(visible(visible(text))).toBe(visible(text))
    }),
  )
})

test('what can be seen stays as it is', () => {
  for (const text of ['shop 0001', 'Größe 5', '日本語', '👩‍💻', 'می‌خواهم', 'C:\\new', '│ █ ⠋'])
    expect(visibleLine(text)).toBe(text)
  expect(visible('a\tb\r\nc\n')).toBe('a\tb\r\nc\n')
})

test('what is hidden is written as JSON writes it', () => {
  expect(visibleLine('a\x1b[2J\x9b1m\r\n\t\x7f\u202e')).toBe('a\\u001b[2J\\u009b1m\\r\\n\\t\\u007f\\u202e')
  expect(visible('forged\rHealthy')).toBe('forged\\rHealthy')
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(JSON.parse(visible(text))).toEqual(JSON.parse(text))
    }),
  )
})

test('all strings of a value are seen to, and what is no text is left alone', () => {
  const now = new Date()
  expect(visibleIn({ 'a\r': ['b\x1b', 1, null, true, undefined, now], c: { d: '\n' } })).toEqual({
    'a\\r': ['b\\u001b', 1, null, true, undefined, now],
    c: { d: '\\n' },
  })
})

test('bytes that are no text are shown one by one', () => {
  expect(visibleBytes(Buffer.from('Grüße\x1b\n'))).toBe('Grüße\\u001b\n')
  expect(visibleBytes(Buffer.from([0x41, 0xff, 0x9b, 0x00, 0x0a]))).toBe('A\\xff\\x9b\\u0000\n')
})
