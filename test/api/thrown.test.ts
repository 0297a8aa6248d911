import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { errorCode, errorMessage } from '../../src/api/thrown.ts'

test('an error is known as one where another context has made it, as under Jest', () => {
  const thrown: unknown = runInNewContext(`Object.assign(new Error('no such file'), { code: 'ENOENT' })`)
  expect(thrown instanceof Error).toBe(false)
  expect([errorCode(thrown), errorMessage(thrown)]).toEqual(['ENOENT', 'no such file'])
})

test('what is no error tells itself', () => {
  expect([errorCode({ code: 'ENOENT' }), errorMessage('gone')]).toEqual([undefined, 'gone'])
})
