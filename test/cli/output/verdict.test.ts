import { describe, expect, test } from 'vitest'
import { type ToldVerdict, verdictText } from '../../../src/cli/output/verdict.ts'
import type { Finding } from '../../../src/diagnose/finding.ts'

const same = (text: string): string => text
const LOOK = { width: 80, faint: same, strong: same, bad: same, busy: same, good: same }
const SCREEN = 24

const fault = (id: string, more: Partial<Finding> = {}): Finding => ({
  id,
  severity: 'failure',
  subject: `10.0.0.${id}:11211`,
  sentence: `${id} is so, which is a matter of some length that takes more than one line of eighty columns.`,
  hint: 'Do one thing, and then the other, and if neither of them helps, do a third thing that takes some words to tell.',
  evidence: 'nc -vz 10.0.0.5 11211',
  check: 'cachectl doctor shop',
  source: 'User guide, "Common troubleshooting steps"',
  ...more,
})
const follows = (count: number): NonNullable<Finding['explains']> =>
  Array.from({ length: count }, (_, node) => ({
    kind: 'timeout',
    at: `10.0.1.${node}:11211`,
    sentence: `Node ${node} of shop does not answer`,
  }))
const VERDICT: ToldVerdict = { findings: [], unexplained: [], unclear: false, practices: [], places: [], notAsked: [] }

const screen = (verdict: Partial<ToldVerdict>, told: { all?: boolean; practices?: boolean } = {}): string[] =>
  verdictText({ ...VERDICT, ...verdict }, { all: false, practices: false, ...told }, LOOK).split('\n')

describe('the screen of one cause', () => {
  const places = Array.from({ length: 44 }, (_, row) => `place ${row}`)
  const note = fault('P08', { severity: 'note' })
  const warnings = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6'].map((id) => fault(id, { severity: 'warning' }))
  const verdict = {
    findings: [fault('R19', { explains: follows(40) }), ...warnings, note],
    unexplained: follows(9),
    practices: [fault('B01', { severity: 'note' })],
    places,
    notAsked: ['DescribeEvents (AccessDenied)'],
  }

  test('begins and ends with it, and is no longer than a terminal, whatever else was seen', () => {
    const lines = screen(verdict)
    expect(lines[0]).toMatch(/^Cause: R19 is so/)
    expect(lines.at(-1)).toMatch(/^Cause: R19 is so.* \[R19\]$/)
    expect(lines.length).toBeLessThanOrEqual(SCREEN)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(LOOK.width)
  })

  test('fits where a command to paste takes several rows of it', () => {
    const evidence = `cachectl probe ${'10.0.0.5:11211 '.repeat(20)}`.trim()
    const rows = screen({ ...verdict, findings: [fault('R19', { evidence, check: evidence, explains: follows(40) })] })
    expect(rows.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LOOK.width)), 0)).toBeLessThanOrEqual(
      SCREEN,
    )
  })

  test('has what mends it on a line of its own, however long, and what is said of it around that', () => {
    const fix = `nft delete rule inet filter output handle 7 ${'#'.repeat(80)}`
    const text = screen({ findings: [fault('H01', { fix, hint: `Take it away: ${fix} It comes back at a restart.` })] })
    expect(text.slice(2, 5)).toEqual(['  Fix:  Take it away:', `        ${fix}`, '        It comes back at a restart.'])
  })

  test('ends with what is so, also where the names of endpoints alone would fill the line', () => {
    const name = 'shop.x1y2z3.0002.use1.cache.amazonaws.com'
    const sentence = `DNS gives 10.0.0.9 for ${name}; the cluster says that it is at 10.0.0.12.`
    expect(screen({ findings: [fault('D17', { sentence })] }).at(-1)).toMatch(
      /^Cause: DNS gives 10\.0\.0\.9 for shop\.x1y2z3\.0002\.\.\.; the cluster says.*\.\.\. \[D17\]$/,
    )
  })

  test('folds what follows from it, and says how much more there is', () => {
    const text = screen(verdict).join('\n')
    expect(text).toContain('So:   Node 0 of shop does not answer')
    expect(text).toMatch(/and \d+ more/)
    expect(text).toContain('--all')
    expect(text).not.toContain('place 1')
  })

  test('says what to do, the command that shows it, and the one that tells whether it has helped', () => {
    const text = screen({ findings: [fault('R05')] }).join('\n')
    for (const part of ['  Fix:  Do one thing', '  See:  nc -vz', '  Then: cachectl doctor shop'])
      expect(text).toContain(part)
  })

  test('tells everything with --all, and good practice with --practices', () => {
    const all = screen(verdict, { all: true }).join('\n')
    for (const part of ['place 43', 'Node 39 of shop', 'W6 is so', 'P08 is so', 'B01 is so', 'From:'])
      expect(all).toContain(part)
    expect(screen(verdict, { practices: true }).join('\n')).toContain('B01 is so')
    expect(screen(verdict).join('\n')).not.toContain('B01 is so')
  })

  test('does not tell the cause again as its own consequence', () => {
    const explains = [{ kind: 'refused', at: '10.0.0.R05:11211', sentence: '10.0.0.R05:11211 refuses connections' }]
    expect(screen({ findings: [fault('R05', { explains })] }).join('\n')).not.toContain('So:')
  })
})

test('causes that are equally grave all begin with Cause, and all are told again at the end', () => {
  const lines = screen({ findings: [fault('R05'), fault('T03'), fault('S02', { severity: 'warning' })] })
  expect(lines.filter((line) => line.startsWith('Cause: ')).map((line) => line.slice(7, 10))).toEqual([
    'R05',
    'T03',
    'R05',
    'T03',
  ])
  expect(lines).toContainEqual(expect.stringMatching(/^WARN \[S02\]/))
})

test('what can not be told from the cause is named with the command that decides', () => {
  const rivals = [{ id: 'T10', sentence: 'It may be a proxy.', evidence: 'nc -v 10.0.0.5 80' }]
  const text = screen({ findings: [fault('R12', { rivals })] }).join('\n')
  expect(text).toMatch(/Or: {3}It may be a proxy\. \[T10\] It can't be told from here\.\n {8}nc -v 10\.0\.0\.5 80/)
})

test('what is broken without a cause is not called healthy', () => {
  const lines = screen({ unclear: true, unexplained: follows(1) })
  expect(lines[0]).not.toContain('Healthy')
  expect(lines.join('\n')).toContain('Node 0 of shop does not answer')
  expect(screen({})[0]).toMatch(/^Healthy: /)
})
