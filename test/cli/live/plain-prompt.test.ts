import { expect, onTestFinished, test, vi } from 'vitest'
import { plainPrompt } from '../../../src/cli/live/plain-prompt.ts'
import type { Question } from '../../../src/cli/live/prompt.ts'
import { temporaryHome } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const choices = ['alpha', 'beta', 'gamma'].map((value) => ({ name: `the ${value}`, value }))

/** What comes of a question for a user who types these lines, and what the user sees. */
async function answered(question: Question, ...typed: string[]): Promise<{ answer: unknown; seen: string }> {
  const lines = [...typed]
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => write.mockRestore())
  const answer = await plainPrompt(question, async () => lines.shift() ?? '')
  return { answer, seen: write.mock.calls.map(([text]) => String(text)).join('') }
}

test.each([
  ['y', false, true],
  ['', true, true],
  ['', false, false],
  ['nonsense', true, false],
])('%j to a question whose usual answer is %s is %s', async (typed, usual, answer) => {
  expect((await answered({ type: 'confirm', message: 'Sure?', default: usual }, typed)).answer).toBe(answer)
})

test('what is typed is asked for again until it is right', async () => {
  const validate = (text: string) => text.length > 2 || 'Too short.'
  const { answer, seen } = await answered({ type: 'input', message: 'Name:', validate }, 'ab', 'abc')
  expect([answer, seen]).toEqual(['abc', '? Name: Too short.\n? Name: '])
})

test('choices are numbered, and words look for them', async () => {
  expect((await answered({ type: 'select', message: 'Which?', choices }, '2')).answer).toBe('beta')
  const source = (typed = '') => choices.filter(({ name }) => name.includes(typed))
  const { answer, seen } = await answered({ type: 'search', message: 'Which?', source }, 'gam', '1')
  expect(answer).toBe('gamma')
  expect(seen).toMatch(/^[\x20-\x7e\n]*$/)
  expect((await answered({ type: 'checkbox', message: 'Which?', choices }, '1, 9', '1,3')).answer).toEqual([
    'alpha',
    'gamma',
  ])
})

test.skipIf(!hasTerminal)(
  'a terminal of type dumb is asked without escape sequences (needs python3 with pty)',
  async () => {
    const home = temporaryHome()
    await home.answer('engine', 'start', '--port', '0')
    const { raw, code } = await onTerminal(['engine', 'reset'], {
      env: { CACHECTL_HOME: home.stateDir, TERM: 'dumb' },
      answers: [['(y/N) ', 'n\r']],
    })
    expect(raw).toMatch(/^[\x20-\x7e\r\n]*$/)
    expect([code, raw]).toEqual([255, expect.stringContaining('Nothing was changed.')])
  },
)
