import { describe, expect, test } from 'vitest'
import { familyLacking } from '../../src/diagnose/family-lacking.ts'
import type { ProbeEvent } from '../../src/diagnose/probe.ts'
import { renderEvent, renderSummary, renderTable } from '../../src/diagnose/render.ts'
import { probeReport } from '../../src/diagnose/report.ts'
import { exitCode } from '../../src/diagnose/statistics.ts'
import type { ConnectOutcome } from '../../src/net/connect-outcome.ts'

interface Shot {
  address?: string
  outcome?: ConnectOutcome
  ms?: number
  code?: string
  local?: boolean
}

/** The events of a run against one host: its addresses in order, and what each attempt met. */
function eventsOf(host: string, addresses: string[], shots: Shot[]): ProbeEvent[] {
  const familyOf = (address: string) => (address.includes(':') ? (6 as const) : (4 as const))
  const target = `${host}:11211`
  return [
    {
      type: 'resolved',
      target: {
        ok: true,
        target,
        host,
        port: 11211,
        ms: 1,
        addresses: addresses.map((address) => ({ address, family: familyOf(address) })),
      },
    },
    ...shots.map((shot, index): ProbeEvent => {
      const address = shot.address ?? addresses[0] ?? ''
      const { outcome = 'connected', ms = 1 } = shot
      const place = { target, host, port: 11211, sequence: index + 1, round: index + 1, atMs: index * 1000 }
      const startedAt = '2026-11-21T00:00:00.000Z'
      return {
        type: 'attempt',
        attempt: { ...shot, ...place, address, family: familyOf(address), startedAt, outcome, ms },
      }
    }),
  ]
}
const findingsOf = (events: ProbeEvent[]) => probeReport(events).findings
const repeat = (times: number, shot: Shot): Shot[] => Array.from({ length: times }, () => shot)

describe('an address of this host', () => {
  const [resolved, ...shots] = eventsOf('127.0.0.1', ['127.0.0.1'], repeat(3, { outcome: 'timeout' }))
  const here = [{ ...resolved, here: ['127.0.0.1'] } as ProbeEvent, ...shots]

  test('that takes no connections has a full queue: no security group lies on the way to it', () => {
    const [finding] = findingsOf(here)
    expect(finding?.sentence).toContain('its queue is full')
    expect(JSON.stringify(finding)).not.toMatch(/security group|on the way/)
  })
})

describe('a family that dies', () => {
  test.each<[ConnectOutcome, boolean]>([
    ['timeout', true],
    ['refused', false],
  ])('by %s is blamed on security groups: %s', (outcome, blamed) => {
    const events = eventsOf('node', ['10.0.0.1', 'fd00::1'], [{}, { address: 'fd00::1', outcome }])
    const finding = findingsOf(events).find(({ id }) => id === 'family-dead')
    expect(/security group/.test(finding?.hint ?? '')).toBe(blamed)
  })
})

test('a name that lacks a family here is told, though all its addresses connect, and the exit code tells', () => {
  const lacking = familyLacking('localhost', [{ address: '127.0.0.1', family: 4 }], [4, 6])
  const [resolved, ...shots] = eventsOf('localhost', ['127.0.0.1', '::1'], [{}, { address: '::1' }])
  const report = probeReport([{ ...resolved, lacking } as ProbeEvent, ...shots])
  expect(report.findings).toMatchObject([{ id: 'family-lacking', subject: 'localhost', severity: 'warning' }])
  expect(report.findings[0]?.hint).toBe('/etc/hosts lacks a line: ::1 localhost')
  expect(exitCode(report)).toBe(1)
})

describe('a report', () => {
  test('has a row per address, totals, totals per family, and is JSON', () => {
    const report = probeReport([
      { type: 'floor', ms: 0.3 },
      ...eventsOf('node', ['fd00::1', '10.0.0.1'], [{}, { ms: 3 }, { address: '10.0.0.1', ms: 5 }]),
    ])
    expect(report.rows.map(({ address, sent }) => [address, sent])).toEqual([
      ['fd00::1', 2],
      ['10.0.0.1', 1],
    ])
    expect(report.totals).toMatchObject({ sent: 3, connected: 3 })
    expect(report.families[6]?.rtt?.avg).toBe(2)
    expect(report.floorMs).toBe(0.3)
    expect(report.findings).toEqual([])
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  test('of a healthy address finds nothing', () => {
    expect(findingsOf(eventsOf('node', ['10.0.0.1'], repeat(5, {})))).toEqual([])
  })

  test.each<[string, Shot[], string, string]>([
    [
      'refused',
      repeat(5, { outcome: 'refused', code: 'ECONNREFUSED' }),
      'refused',
      '10.0.0.1:11211 refused: nothing listens there.',
    ],
    ['silent', repeat(5, { outcome: 'timeout' }), 'timeout', 'does not answer'],
    ['lossy', [{}, { outcome: 'timeout' }], 'timeout', '1 of 2'],
    ['without a route', [{ outcome: 'unreachable', code: 'ENETUNREACH', local: true }], 'unreachable', 'no route'],
    ['firewalled', [{ outcome: 'unreachable', code: 'EHOSTUNREACH' }], 'unreachable', 'router or firewall'],
    [
      'without a neighbour',
      [{ outcome: 'unreachable', code: 'EHOSTUNREACH', ms: 3070 }],
      'unreachable',
      'No host on this subnet',
    ],
    [
      'out of ports',
      [{ outcome: 'ports-exhausted', code: 'EADDRNOTAVAIL', local: true }],
      'ports-exhausted',
      'no free port',
    ],
    ['slow at first', [{ ms: 1003 }, { ms: 2 }], 'retransmitted', 'sent again'],
  ])('of an address that is %s says so', (_, shots, id, words) => {
    const findings = findingsOf(eventsOf('10.0.0.1', ['10.0.0.1'], shots))
    expect(findings.map((finding) => finding.id)).toEqual([id])
    expect(findings[0]?.sentence).toContain(words)
    expect(findings[0]?.hint).not.toBe('')
  })

  test('names the dead family first when the other one works', () => {
    const shots = [{ outcome: 'timeout' as const }, { address: '10.0.0.1' }]
    const [first] = findingsOf(eventsOf('node', ['fd00::1', '10.0.0.1'], shots))
    expect(first).toMatchObject({ id: 'family-dead', sentence: 'node:11211 connects over IPv4 and not over IPv6.' })
    expect(first?.hint).toContain('try IPv6 first')
  })

  test('does not call a family dead because one of its addresses is', () => {
    const shots: Shot[] = [{ outcome: 'refused' }, { address: '10.0.0.2' }, { address: 'fd00::1' }]
    const ids = findingsOf(eventsOf('node', ['10.0.0.1', '10.0.0.2', 'fd00::1'], shots)).map(({ id }) => id)
    expect(ids).toEqual(['refused'])
  })

  test('notes results that are as small as what is measured without a network', () => {
    const events = eventsOf('node', ['127.0.0.1'], repeat(3, { ms: 0.4 }))
    expect(findingsOf([{ type: 'floor', ms: 0.35 }, ...events]).map(({ id }) => id)).toEqual(['near-floor'])
  })
})

describe('rendered', () => {
  const events = eventsOf(
    'node',
    ['fd00::1', '10.0.0.1'],
    [{ ms: 0.937 }, { address: '10.0.0.1', outcome: 'refused', code: 'ECONNREFUSED', ms: 0.2 }],
  )

  test('an attempt is a SENT line and its outcome', () => {
    expect(events.flatMap(renderEvent)).toEqual([
      'SENT (0.0000s) Starting TCP Handshake > node:11211 ([fd00::1]:11211)',
      'RCVD (0.0009s) Handshake with node:11211 ([fd00::1]:11211) completed, rtt 0.937ms',
      'SENT (1.0000s) Starting TCP Handshake > node:11211 (10.0.0.1:11211)',
      'LOST (1.0002s) node:11211 (10.0.0.1:11211) --> Connection refused (ECONNREFUSED)',
    ])
  })

  test('the summary of one address has the two lines that nping ends with', () => {
    const shots = [{ ms: 0.937 }, { ms: 0.318 }, { ms: 0.4 }, { ms: 0.4 }, { ms: 0.19 }]
    const lines = renderSummary(probeReport(eventsOf('10.0.0.1', ['10.0.0.1'], shots)))
    expect(lines).toContain('Max rtt: 0.937ms | Min rtt: 0.190ms | Avg rtt: 0.449ms')
    expect(lines).toContain('TCP connection attempts: 5 | Successful connections: 5 | Failed: 0 (0.00%)')
  })

  test('the summary without one success says N/A, and why', () => {
    const lines = renderSummary(probeReport(eventsOf('10.0.0.1', ['10.0.0.1'], repeat(2, { outcome: 'refused' }))))
    expect(lines).toEqual([
      'Max rtt: N/A | Min rtt: N/A | Avg rtt: N/A',
      'TCP connection attempts: 2 | Successful connections: 0 | Failed: 2 (100.00%)',
      '10.0.0.1:11211 refused: nothing listens there.',
      '  Check the port, that the server runs, and that it listens on this address.',
    ])
  })

  test('the table has the families side by side', () => {
    expect(renderTable(probeReport(events))).toEqual([
      ['node:11211', '10.0.0.1', 'connection refused', '100%', 'fd00::1', '0.937ms', '0%'],
    ])
  })
})
