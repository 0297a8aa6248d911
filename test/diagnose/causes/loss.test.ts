import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeEvidence } from '../../../src/diagnose/causes/index.ts'
import { togetherOf } from '../../../src/diagnose/causes/rates.ts'
import type { AddressEvidence, Evidence } from '../../../src/diagnose/evidence.ts'
import { sentAgain } from '../../../src/diagnose/packet-counters.ts'

interface Tried {
  /** Handshakes that were sent again, of 30. */
  readonly late: number
  readonly sentAgain?: number
  /** Of the late ones, and of the kernel's own round trip. */
  readonly lateMs?: number
  readonly quickMs?: number
  readonly kernelMs?: number
}

const addressOf = (
  { late, sentAgain: again, lateMs = 1012, quickMs = 0.5, kernelMs }: Tried,
  index: number,
): AddressEvidence => {
  const address = `10.0.0.${11 + index}`
  const attempt = { address, family: 4 as const, port: 11211, startedAt: '', outcome: 'connected' as const }
  return {
    place: { host: address, port: 11211, role: `000${index + 1}`, tls: false, cluster: 'shop' },
    address,
    family: 4,
    port: 11211,
    source: { address: '10.0.0.5' },
    attempts: [
      ...Array.from({ length: 30 - late }, () => ({ ...attempt, ms: quickMs })),
      ...Array.from({ length: late }, () => ({ ...attempt, ms: lateMs })),
      ...(kernelMs === undefined ? [] : [{ ...attempt, ms: quickMs, kernelMs }]),
    ],
    ...(again !== undefined && { sentAgain: again }),
  }
}

function told(...nodes: readonly Tried[]): string[] {
  const evidence: Evidence = {
    clusters: [],
    places: [],
    hosts: [],
    addresses: nodes.map(addressOf),
    discovery: [],
    gai: { path: '/etc/gai.conf', exists: false, remarks: [] },
    limits: { sockets: [], reservedPorts: 0, java: [] },
  }
  return judgeEvidence(evidence).map(({ id, subject }) => `${id} ${subject}`)
}

describe('connections that come late', () => {
  test('are no loss where it is one of many', () => {
    expect(told({ late: 1 })).toEqual([])
  })

  test('are loss where it is two', () => {
    expect(told({ late: 2 })).toEqual(['R09 10.0.0.11:11211'])
  })

  test('are none where the kernel sent no request again, and no more than it sent again', () => {
    expect(told({ late: 8, sentAgain: 0 })).toEqual([])
    expect(told({ late: 8, sentAgain: 1 })).toEqual([])
  })

  test('are loss at whatever time a busy host hears of them, where the kernel did', () => {
    expect(told({ late: 8, lateMs: 1480 })).toEqual([])
    expect(told({ late: 8, lateMs: 1480, sentAgain: 8 })).toEqual(['R09 10.0.0.11:11211'])
  })
})

describe('what is lost at several nodes', () => {
  test('at one rate is lost on the way that all take', () => {
    expect(told({ late: 6 }, { late: 8 }, { late: 5 })[0]).toBe('R19 10.0.0.11:11211')
  })

  test('at one of them is lost on the way to it, however many others lose one by chance', () => {
    expect(told({ late: 9 }, { late: 1 }, { late: 1 }, { late: 0 })).toEqual(['R09 10.0.0.11:11211'])
  })

  test('at one rate by two, and hardly by many more, has two causes', () => {
    const spared = Array.from({ length: 8 }, () => ({ late: 0 }))
    expect(told({ late: 9 }, { late: 2 }, ...spared)).toEqual(['R09 10.0.0.11:11211', 'R09 10.0.0.12:11211'])
  })

  test('is the likelier to be lost together the more alike the rates are', () => {
    const of = 30
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 14 }), fc.integer({ min: 0, max: 8 }), (mean, apart) => {
        const rates = (by: number) => [
          { lost: mean - Math.min(by, mean), of },
          { lost: mean + by, of },
        ]
        expect(togetherOf(rates(apart), [])).toBeGreaterThanOrEqual(togetherOf(rates(apart + 1), []))
      }),
    )
  })
})

test('a node is not far away because this process is busy: the kernel says how long packets take', () => {
  expect(told({ late: 0, quickMs: 134 })).toEqual(['R10 10.0.0.11:11211'])
  expect(told({ late: 0, quickMs: 134, kernelMs: 0.8 })).toEqual([])
})

test('requests that were sent again are told from data that was', async () => {
  const files: Readonly<Record<string, string>> = {
    '/proc/net/snmp': 'Tcp: ActiveOpens RetransSegs\nTcp: 40 9\n',
    '/proc/net/netstat': 'TcpExt: SyncookiesSent TCPSynRetrans\nTcpExt: 0 7\n',
  }
  expect(await sentAgain(async (path) => files[path] ?? '')).toEqual({ requests: 7, data: 2 })
  expect(await sentAgain(async () => '')).toBeUndefined()
})
