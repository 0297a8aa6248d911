import { execFileSync } from 'node:child_process'
import { expect, test, vi } from 'vitest'
import { glibcVersion } from '../../src/diagnose/libc.ts'

/** `glibc 2.36`; undefined where there is no such program, or another C library. */
const getconf = (): string | undefined => {
  try {
    return execFileSync('getconf', ['GNU_LIBC_VERSION'], { encoding: 'utf8', stdio: 'pipe' }).split(' ')[1]?.trim()
  } catch {
    return undefined
  }
}

test('the C library tells its version without a question to DNS about the sockets that are open', () => {
  const asked = vi.spyOn(process.report, 'getReport')
  expect(glibcVersion()).toBe(getconf())
  expect(asked.mock.results.map(({ value }) => 'networkInterfaces' in value.header)).toEqual([false])
  asked.mockRestore()
})
