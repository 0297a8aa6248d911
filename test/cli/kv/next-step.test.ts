import { expect, test } from 'vitest'
import { withNextStep } from '../../../src/cli/commands/kv/resp/next-step.ts'
import { RespRefusal } from '../../../src/kv/resp/refusal.ts'

const refusal = (code: string, command: readonly string[]) =>
  new RespRefusal('127.0.0.1:6379', { kind: 'error', code, text: 'no' }, command)
const hintOf = (error: unknown): string => (error instanceof Error && 'hint' in error ? String(error.hint) : '')

test('a user who is refused by a cache is told how to find out who may, without the value', () => {
  const hint = hintOf(withNextStep(refusal('NOPERM', ['SET', 'shop:1', 'secret']), 'cart', 'app'))
  expect(hint).toContain('cachectl users app')
  expect(hint).toContain("cachectl users --cache cart --may 'set shop:1'")
  expect(hint).not.toContain('secret')
})

test('a key with blanks is left out: the words of a command are told apart by them', () => {
  expect(hintOf(withNextStep(refusal('NOPERM', ['GET', 'a b']), 'cart', 'app'))).toContain('--may get')
})

test('of a server at an address no API tells the users', () => {
  expect(hintOf(withNextStep(refusal('NOPERM', ['GET', 'a']), 'localhost:6379', 'app'))).not.toContain('cachectl users')
})

test.each([
  ['SELECT is not allowed in cluster mode', 'Leave --database out'],
  ['DB index is out of range', 'the parameter databases'],
])('%s is told with what to do, though it has no code of its own', (text, next) => {
  const error = new RespRefusal('127.0.0.1:6379', { kind: 'error', code: 'ERR', text }, ['SELECT', '3'])
  expect(hintOf(withNextStep(error, 'cart'))).toContain(next)
})
