import { describe, expect, test } from 'vitest'
import { verdictOf } from '../../../src/diagnose/causes/index.ts'
import type { AddressEvidence, Evidence, Place } from '../../../src/diagnose/evidence.ts'
import type { Bulk, NodeStats } from '../../../src/diagnose/node-answers.ts'
import type { Question, TrialConnection } from '../../../src/diagnose/node-trial.ts'

interface Node {
  readonly connectMs?: number
  readonly answerMs?: number
  readonly stats?: NodeStats
  /** Where they are others a moment later. */
  readonly later?: NodeStats
  readonly connections?: readonly TrialConnection[]
  readonly bulkPasses?: boolean
  readonly bulk?: Bulk
}

const asked = (ms: number, ...questions: readonly Question[]): TrialConnection => ({
  turns: questions.map((question) => ({ question, ms, answered: true })),
  sent: 100,
  received: 100,
})

const addressOf = (
  { connectMs = 0.4, answerMs = 0.5, stats = {}, connections, bulk, bulkPasses = false }: Node,
  index: number,
): AddressEvidence => {
  const address = `10.0.0.${11 + index}`
  return {
    place: { host: address, port: 11211, role: `000${index + 1}`, tls: false, cluster: 'shop' },
    address,
    family: 4,
    port: 11211,
    source: { address: '10.0.0.5' },
    attempts: [connectMs, connectMs + 0.1].map((ms) => ({
      address,
      family: 4,
      port: 11211,
      startedAt: '',
      outcome: 'connected',
      ms,
    })),
    words: { connected: true, speaker: 'memcached', line: 'VERSION 1.6.22', connectMs, replyMs: answerMs },
    answers: {
      stats,
      settings: {},
      statsMs: answerMs,
      ...(bulk && { bulk }),
      ...(bulkPasses && { bulk: { bytes: 3600, received: 6400, ms: 2, complete: true } }),
    },
    trial: { connections: connections ?? [asked(answerMs, 'version', 'get', 'version', 'get')] },
  }
}

/** Complaints about a cluster of such nodes: ids, and the address that each is about. */
const complaints = (...nodes: readonly Node[]): string[] => complaintsOf(nodes, (place) => place)

/** About such nodes that were given as places, and of no cluster. */
const ofGiven = (...nodes: readonly Node[]): string[] =>
  complaintsOf(nodes, ({ host, port, tls }) => ({ host, port, tls, role: 'given' }))

function evidenceOf(nodes: readonly Node[], placed: (place: Place) => Place): Evidence {
  return {
    clusters: [],
    places: [],
    hosts: [],
    addresses: nodes.map(addressOf).map((one) => ({ ...one, place: placed(one.place) })),
    discovery: [],
    watched: nodes.flatMap(({ stats = {}, later }, index) =>
      later
        ? [{ address: `10.0.0.${11 + index}`, port: 11211, ms: 700, before: stats, after: { ...stats, ...later } }]
        : [],
    ),
    gai: { path: '/etc/gai.conf', exists: false, remarks: [] },
    limits: { reservedPorts: 0, sockets: [], java: [] },
  }
}

const complaintsOf = (...seen: Parameters<typeof evidenceOf>): string[] =>
  verdictOf(evidenceOf(...seen))
    .findings.filter(({ severity }) => severity !== 'note')
    .map(({ id, subject }) => `${id} ${subject}`)

describe('nodes of a cluster beside each other', () => {
  test('one that takes 40 ms to connect to is far away', () => {
    expect(complaints({}, {}, { connectMs: 40, answerMs: 41 })).toEqual(['N05 10.0.0.13:11211'])
  })
  test('one in another region is far away, and not merely slow for a cache', () => {
    expect(complaints({}, { connectMs: 130, answerMs: 131 })).toEqual(['N05 10.0.0.12:11211'])
  })
  test('nodes in three zones are well', () => {
    expect(complaints({}, { connectMs: 1.2, answerMs: 1.3 }, { connectMs: 2.9, answerMs: 3.1 })).toEqual([])
  })
  test('nodes that are all 30 ms away are well', () => {
    expect(complaints({ connectMs: 30, answerMs: 31 }, { connectMs: 32, answerMs: 31 })).toEqual([])
  })
  test('a busy client is no far node: the quickest answer counts', () => {
    const busy = [asked(80, 'version', 'get'), asked(0.6, 'get', 'version')]
    expect(complaints({}, {}, { answerMs: 60, connections: busy })).toEqual([])
  })
})

describe('places that were given together', () => {
  const full = { curr_items: 80_000, uptime: 900_000, limit_maxbytes: 1000, cmd_get: 5_000_000 }
  const emptied = { ...full, curr_items: 3, uptime: 40, cmd_get: 90 }
  test('one that has just started, and is empty, is told beside another that is full', () => {
    expect(ofGiven({ stats: full }, { stats: emptied })).toEqual(['N08 10.0.0.12:11211'])
  })
  test('caches of other sizes have nothing to do with each other', () => {
    expect(ofGiven({ stats: full }, { stats: { ...emptied, limit_maxbytes: 64 } })).toEqual([])
  })
  test('one is hot beside several that are asked alike', () => {
    const hot = { ...full, cmd_get: 90_000_000 }
    expect(ofGiven({ stats: full }, { stats: full }, { stats: hot })).toEqual(['N09 10.0.0.13:11211'])
    expect(ofGiven({ stats: full }, { stats: hot })).toEqual([])
    expect(ofGiven({ stats: full }, { stats: { ...full, cmd_get: 20_000 } }, { stats: hot })).toEqual([])
  })
  test('one is far away beside several that are near', () => {
    expect(ofGiven({}, {}, { connectMs: 40, answerMs: 41 })).toEqual(['N05 10.0.0.13:11211'])
    expect(ofGiven({}, { connectMs: 40, answerMs: 41 })).toEqual([])
  })
})

test('two of three nodes that were restarted are both told', () => {
  const full = { curr_items: 80_000, uptime: 900_000, cmd_get: 5_000_000 }
  const emptied = { curr_items: 3, uptime: 40, cmd_get: 90 }
  expect(complaints({ stats: emptied }, { stats: full }, { stats: emptied })).toEqual([
    'N08 10.0.0.11:11211',
    'N08 10.0.0.13:11211',
  ])
})

describe('evictions', () => {
  const full = { bytes: 950, limit_maxbytes: 1000 }
  test('twelve in days are no matter', () => {
    expect(complaints({ stats: { ...full, evictions: 12, uptime: 400_000 } })).toEqual([])
  })
  test('some every minute are, where reads miss', () => {
    const stats = { ...full, evictions: 9000, uptime: 400_000, get_hits: 700, get_misses: 300 }
    expect(complaints({ stats })).toEqual(['M01 10.0.0.11:11211'])
  })
  test('any number is well where nearly all reads hit', () => {
    const stats = { ...full, evictions: 900_000, uptime: 400_000, get_hits: 97_000, get_misses: 3000 }
    expect(complaints({ stats })).toEqual([])
  })
})

describe('numbers that are read twice', () => {
  test('few refusals in a long life are told when one comes just now', () => {
    const stats = { store_no_memory: 3, uptime: 9_000_000 }
    expect(complaints({ stats, later: {} })).toEqual([])
    expect(complaints({ stats, later: { store_no_memory: 4 } })).toEqual(['M03 10.0.0.11:11211'])
  })
  test('a node that has just started makes none of the others a hot one', () => {
    const grown = { cmd_get: 90_000_000, curr_items: 90_000, uptime: 900_000 }
    const started = { cmd_get: 700, curr_items: 4, uptime: 55 }
    expect(complaints({ stats: grown }, { stats: started }, { stats: grown })).toEqual(['N08 10.0.0.12:11211'])
  })

  test('clients that connect anew for each request make their node no hot one', () => {
    const calm = { total_connections: 50, curr_connections: 9, cmd_get: 5000, uptime: 100_000 }
    const churned = { total_connections: 250, cmd_get: 5200 }
    expect(complaints({ stats: calm, later: {} }, { stats: calm, later: churned })).toEqual(['N10 10.0.0.12:11211'])
  })
})

test('what is refused for lack of memory explains nothing else that shows at the node', () => {
  const stats = { bytes: 950, limit_maxbytes: 1000, evictions: 9000, uptime: 40_000, store_no_memory: 900 }
  expect(complaints({ stats }).sort()).toEqual(['M01 10.0.0.11:11211', 'M03 10.0.0.11:11211'])
})

describe('what queues', () => {
  const turns = (...times: number[]) => times.map((ms) => ({ question: 'get' as const, ms, answered: true }))
  const trial = (connectMs: number, ...times: number[]): TrialConnection[] =>
    Array.from({ length: 6 }, () => ({ connectMs, turns: turns(...times), sent: 100, received: 100 }))
  const bulk = { bytes: 3600, received: 2208, ms: 2400, complete: false, quietMs: 1500, pauseMs: 1500 }
  test('is a narrow way, whatever becomes of single connections', () => {
    expect(complaints({ connections: trial(1100, 500, 600), bulk })).toEqual(['R16 10.0.0.11:11211'])
  })
  test('is none where connections beside stand at once: large packets are lost', () => {
    expect(complaints({ connections: trial(0.5, 0.6, 0.4), bulk })).toEqual(['R15 10.0.0.11:11211'])
  })
})

describe('answers that come late', () => {
  const turn = (ms: number, busyMs = 0) => ({ question: 'get' as const, ms, answered: true, busyMs })
  const trial = (busyMs: number): TrialConnection[] =>
    Array.from({ length: 4 }, () => ({ turns: [turn(90, 80), turn(4), turn(510, busyMs)], sent: 100, received: 100 }))
  test('stall at the node, however busy this process was at other answers', () => {
    expect(complaints({ connections: trial(0) })).toEqual(['N02 10.0.0.11:11211'])
  })
  test('are no stall of the node where this process was busy at those', () => {
    expect(complaints({ connections: trial(300) })).toEqual([])
  })
})

describe('a trial', () => {
  const silentAfter = (...questions: readonly Question[]): TrialConnection => {
    const { turns, ...rest } = asked(0.5, ...questions)
    return { ...rest, turns: turns.map((turn, at) => (at === turns.length - 1 ? { ...turn, answered: false } : turn)) }
  }
  test('one connection that stays without an answer is chance', () => {
    const connections = [silentAfter('version', 'get'), asked(0.5, 'get', 'version'), asked(0.5, 'version', 'get')]
    expect(complaints({ connections })).toEqual([])
  })
  const took = (...times: readonly number[]): TrialConnection => ({
    turns: times.map((ms) => ({ question: 'get', ms, answered: true })),
    sent: 100,
    received: 100,
  })
  test('a node that answers some questions at once and others after a second stalls', () => {
    const connections = [took(0.5, 1001, 0.6, 1002), took(0.4, 1001, 0.5, 1003)]
    expect(complaints({ connections })).toEqual(['N02 10.0.0.11:11211'])
  })
  test('a node that is late with the first answer on each connection is told as that', () => {
    const connections = [took(700, 0.5, 0.4), took(702, 0.6, 0.5), took(701, 0.4, 0.7)]
    expect(verdictOf(evidenceOf([{ connections }], (place) => place)).findings[0]?.sentence).toMatch(
      /^Node 0001 .* answers the first question on each connection after 700 ms/,
    )
  })
  const dataAfter = (ms: number, answered: boolean): TrialConnection => ({
    ...asked(0.5, 'version'),
    turns: [
      { question: 'version', ms: 0.5, answered: true },
      { question: 'get', ms, answered },
    ],
  })
  test('requests for data that take two seconds are late, also where they were not waited for', () => {
    const given = dataAfter(1990, false)
    expect(complaints({ connections: [given, given, dataAfter(2004, true)] })).toEqual(['N11 10.0.0.11:11211'])
    expect(complaints({ connections: [given, given, dataAfter(0.5, true)] })).toEqual(['N02 10.0.0.11:11211'])
  })
  test('a host that is busy delays all of them somewhat: no node stalls', () => {
    const connections = [
      took(109, 166, 95, 23),
      took(130, 209, 40, 126),
      took(314, 22, 117, 9),
      took(330, 119, 10, 281),
    ]
    expect(complaints({ connections })).toEqual([])
  })
  test('data that is never answered is told of the node, not of the way', () => {
    const connections = [silentAfter('version', 'get'), silentAfter('get'), silentAfter('version', 'version', 'get')]
    expect(complaints({ connections })).toEqual(['N01 10.0.0.11:11211'])
  })
  test('long requests for data that are never answered, where other long exchanges pass, are the node', () => {
    const connections = [silentAfter('version', 'long-get'), silentAfter('get', 'many-gets'), asked(0.5, 'get')]
    expect(complaints({ connections })).toEqual([])
    expect(complaints({ connections, bulkPasses: true })).toEqual(['N02 10.0.0.11:11211'])
  })
  test('connections that this host could not make tell nothing of the node', () => {
    const connections = [
      asked(0.5, 'version', 'get'),
      { turns: [], sent: 0, received: 0, notMade: 'ports-exhausted' as const },
      { turns: [], sent: 0, received: 0, notMade: 'ports-exhausted' as const },
    ]
    expect(complaints({ connections })).toEqual([])
  })
})
