import { expect, test } from 'vitest'
import type { Evidence } from '../../src/diagnose/evidence.ts'
import type { Finding } from '../../src/diagnose/finding.ts'
import { reportPage } from '../../src/diagnose/report-page.ts'

const EVIL = '<img src=x onerror=alert(1)>"\'&'
const place = { host: EVIL, port: 11211, role: 'given', tls: false }
const attempt = { address: '127.0.0.1', family: 4, port: 11211, startedAt: '', outcome: 'connected' } as const
const evidence: Evidence = {
  clusters: [],
  places: [place],
  hosts: [{ host: EVIL, asksDns: true, lookup: { ok: false, target: EVIL, problem: 'other', detail: EVIL, ms: 1 } }],
  addresses: [
    {
      place,
      address: '127.0.0.1',
      family: 4,
      port: 11211,
      source: { address: '127.0.0.1' },
      attempts: [0.4, 0.5, 3, 0.6].map((ms) => ({ ...attempt, ms })),
      answers: {
        stats: { curr_connections: 10, max_connections: 100, bytes: 2048, limit_maxbytes: 4096 },
        settings: {},
      },
    },
  ],
  discovery: [],
  gai: { path: '/etc/gai.conf', exists: false, remarks: [] },
  limits: { reservedPorts: 0, sockets: [], java: [] },
}
const finding: Finding = {
  id: 'R05',
  severity: 'failure',
  subject: EVIL,
  sentence: EVIL,
  hint: EVIL,
  evidence: EVIL,
  check: EVIL,
  source: EVIL,
  explains: [{ kind: 'refused', at: EVIL, sentence: EVIL }],
  rivals: [{ id: 'T10', sentence: EVIL, evidence: EVIL }],
}
const page = (findings: readonly Finding[], unclear = false) =>
  reportPage({
    subject: EVIL,
    at: '2026-11-21T10:00:00.000Z',
    command: EVIL,
    evidence,
    findings,
    unexplained: [{ kind: 'silent', at: EVIL, sentence: EVIL }],
    unclear,
    practices: [finding],
    environment: [['Host', EVIL]],
  })

test('nothing that was seen becomes markup', () => {
  const html = page([finding])
  expect(html).not.toContain('<img')
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;')
})

test('the cause comes before everything else, and a healthy page says so', () => {
  const html = page([finding])
  expect(html.indexOf('The cause')).toBeLessThan(html.indexOf('<section>'))
  expect(page([])).toContain('Healthy: nothing stands')
})

test('what no cause explains is told, and is not healthy', () => {
  expect(page([])).toContain('Not explained')
  expect(page([], true)).not.toContain('Healthy')
})

test('two faults are two causes', () => {
  expect(page([finding, { ...finding, id: 'T03' }]).match(/The cause/g)).toHaveLength(2)
})

test('each address has its histogram, readable without sight of it', () => {
  expect(page([])).toContain('aria-label="median 0.50 ms, 90 % within 3.00 ms"')
  expect(page([]).match(/class="bar"/g)?.length).toBeGreaterThan(2)
})

test('every tag that is opened is closed', () => {
  const html = page([finding, { ...finding, severity: 'warning' }, { ...finding, severity: 'note' }])
  const count = (pattern: RegExp) => html.match(pattern)?.length ?? 0
  for (const tag of ['section', 'table', 'details', 'dl', 'svg', 'ul', 'li', 'figure', 'tr', 'td']) {
    expect([tag, count(new RegExp(`<${tag}[ >]`, 'g'))]).toEqual([tag, count(new RegExp(`</${tag}>`, 'g'))])
  }
})
