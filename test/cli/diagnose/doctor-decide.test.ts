import { expect, test } from 'vitest'
import { decided } from '../../../src/cli/commands/diagnose/doctor-decide.ts'
import type { Finding } from '../../../src/diagnose/finding.ts'

const finding = (...commands: readonly string[]): Finding => ({
  id: 'R04',
  severity: 'failure',
  subject: '10.0.0.5:11211',
  sentence: 'It does not answer.',
  hint: 'Look there.',
  rivals: commands.map((evidence) => ({ id: 'D06', sentence: 'It may be an old copy.', evidence })),
})

test('the command that decides is run, and what it told is told', async () => {
  const ran: string[] = []
  const [told] = await decided([finding('cachectl dns old.test --server 10.0.0.2')], async (command) => {
    ran.push(command)
    return '\nold.test\n  10.9.9.9\nmore\n'
  })
  expect(ran).toEqual(['cachectl dns old.test --server 10.0.0.2'])
  expect(told?.rivals?.[0]?.saw).toBe('old.test / 10.9.9.9')
})

test.each([
  'cachectl kv flush 10.0.0.5:11211 --yes',
  'nft delete rule inet f o handle 2',
  'cachectl dns old.test; reboot',
  'cachectl dns $(reboot)',
  'ip route del default',
])('what does more than read is not run: %s', async (command) => {
  const given = finding(command)
  expect(await decided([given], async () => 'it was run')).toEqual([given])
})
