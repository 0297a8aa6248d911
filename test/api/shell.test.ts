import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fishQuoted, powershellQuoted, shell, shellQuoted, shellWord } from '../../src/api/shell.ts'

const has = (program: string): boolean => spawnSync(program, ['-c', 'true']).status === 0
const NASTY = [
  '',
  'two words',
  "it's",
  '"',
  '$(touch /tmp/no)',
  '`touch no`',
  '; rm -rf x',
  'a\nb',
  'a\r\n',
  '\x1b[31m',
  '\u202eevil',
  '\x9b',
  "\\'\n",
  '\\n',
  '~root',
  '=ls',
  '*',
  '[::1]:11211',
  '{a,b}',
  '!!',
  '#x',
  'ü',
  '-n',
  '1é\n2',
  '\x011',
]
/** No program's argument holds a zero byte, nor half a surrogate pair. */
const someTexts = fc
  .sample(fc.string({ unit: 'grapheme-composite' }), { numRuns: 60, seed: 7 })
  .concat(fc.sample(fc.string({ unit: fc.constantFrom(...'\'"\\$`\n\r\t\x1b\x9b 1aX!') }), { numRuns: 60, seed: 8 }))
  .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text)

const told = (program: string, words: readonly string[]): string[] =>
  execFileSync(program, ['-c', `printf '%s\\0' ${words.join(' ')}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)

describe('a word that is quoted is the same word again', () => {
  const texts = [...NASTY, ...someTexts]

  test.each(['sh', 'bash', 'zsh'].filter(has))('in %s', (program) => {
    if (program !== 'sh') expect(told(program, texts.map(shellWord))).toEqual(texts)
    expect(told(program, texts.map(shellQuoted))).toEqual(texts)
  })

  test.skipIf(!has('fish'))('in fish', () => {
    expect(told('fish', texts.map(fishQuoted))).toEqual(texts)
  })
})

test('what is to be pasted shows all it is, and ends no line', () => {
  expect([...NASTY, ...someTexts].map(shellWord).join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

test.each(['sh', 'bash', 'zsh', 'fish'].filter(has))('what is to be pasted runs nothing in %s', (program) => {
  const folder = mkdtempSync(join(tmpdir(), 'pasted-'))
  const runs = ["\n'$(touch ran)'", "\x1b'`touch ran`'", "\\'\n; touch ran #", "\r\\\\'; touch ran; '", "$(touch ran)'"]
  try {
    for (const text of [...runs, ...someTexts]) spawnSync(program, ['-c', `true ${shellWord(text)}`], { cwd: folder })
    expect(readdirSync(folder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('PowerShell ends no string at a typographic quote', () => {
  expect(powershellQuoted('a’; rm x; ‘')).toBe("'a’’; rm x; ‘‘'")
})

test('a command quotes each value, and a list word by word; what is harmless stays readable', () => {
  expect(shell`cachectl scale ${'shop'} --nodes ${3}`).toBe('cachectl scale shop --nodes 3')
  expect(shell`cachectl scale ${'$(x)'} --azs ${['a', 'b c']}`).toBe("cachectl scale '$(x)' --azs a 'b c'")
})
