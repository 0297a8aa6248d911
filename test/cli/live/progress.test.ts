import { expect, onTestFinished, test, vi } from 'vitest'
import { startProgress } from '../../../src/cli/live/progress.ts'

test.each([
  ['dumb', false],
  ['xterm', true],
])('on a terminal of type %s a line that turns is drawn: %s', (type, drawn) => {
  vi.stubEnv('TERM', type)
  const { isTTY } = process.stderr
  Object.assign(process.stderr, { isTTY: true })
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    Object.assign(process.stderr, { isTTY })
    write.mockRestore()
  })
  startProgress('waiting').end()
  expect(write.mock.calls.length > 0).toBe(drawn)
})
