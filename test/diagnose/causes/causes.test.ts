import { describe, expect, test } from 'vitest'
import { shell } from '../../../src/api/shell.ts'
import { causes, judgeEvidence, practiceCauses, verdictOf } from '../../../src/diagnose/causes/index.ts'
import type { AddressEvidence, ClusterFacts, Evidence, HostEvidence } from '../../../src/diagnose/evidence.ts'
import { countPorts, portCapacity } from '../../../src/diagnose/local-limits.ts'
import type { TcpSocket } from '../../../src/diagnose/sockets.ts'

const PLACE = { host: '10.0.0.7', port: 11211, role: 'given', tls: false }
const LIMITS: Evidence['limits'] = { portRange: [32_768, 60_999], reservedPorts: 0, sockets: [], java: [] }
const HEALTHY: Evidence = {
  clusters: [],
  places: [PLACE],
  hosts: [],
  addresses: [],
  discovery: [],
  gai: { path: '/etc/gai.conf', exists: false, remarks: [] },
  limits: LIMITS,
}
const CLUSTER: ClusterFacts = {
  id: 'shop',
  status: 'available',
  engine: 'memcached',
  networkType: 'dual_stack',
  ipDiscovery: 'ipv4',
  tls: false,
  numCacheNodes: 0,
  nodes: [],
  local: false,
}
const told = (evidence: Partial<Evidence>) =>
  judgeEvidence({ ...HEALTHY, ...evidence }).map(({ id, severity }) => `${severity} ${id}`)
/** Ids of the rules of good practice that find something. */
const advice = (evidence: Partial<Evidence>) =>
  judgeEvidence({ ...HEALTHY, ...evidence }, practiceCauses).map(({ id }) => id)

const connected = (...times: number[]): AddressEvidence => ({
  place: PLACE,
  address: '10.0.0.7',
  family: 4,
  port: 11211,
  source: { address: '10.0.0.5' },
  attempts: times.map((ms) => ({
    address: '10.0.0.7',
    family: 4,
    port: 11211,
    startedAt: '',
    outcome: 'connected',
    ms,
  })),
})
const answering = (bulk: { received: number; quietMs: number }): AddressEvidence => ({
  ...connected(0.4, 0.5),
  words: { connected: true, speaker: 'memcached', line: 'VERSION 1.6.22', connectMs: 0.4, replyMs: 9 },
  answers: { stats: {}, settings: {}, bulk: { bytes: 23, ms: 3000, complete: false, ...bulk } },
})
const sockets = (count: number, state: TcpSocket['state']): TcpSocket[] =>
  Array.from({ length: count }, (_, index) => ({
    localAddress: '10.0.0.5',
    localPort: 32_768 + index,
    remoteAddress: '10.0.0.7',
    remotePort: 11211,
    family: 4,
    state,
    uid: 0,
    inode: '0',
  }))
const lookedUp = (host: string, ...addresses: string[]): HostEvidence => ({
  host,
  asksDns: false,
  lookup: {
    ok: true,
    target: host,
    host,
    port: 11211,
    ms: 1,
    addresses: addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  },
})

describe('a dual-stack cluster whose name gives one family here', () => {
  const place = { ...PLACE, host: 'localhost', role: 'configuration', cluster: 'shop' }
  const seen = (lookup: HostEvidence) => ({ clusters: [CLUSTER], places: [place], hosts: [lookup] })
  const named = lookedUp('localhost', '127.0.0.1', '::1')

  test('is a warning, whether the other address was looked at or not', () => {
    const marked = named.lookup.ok
      ? named.lookup.addresses.map((each) => (each.family === 6 ? { ...each, unnamed: true as const } : each))
      : []
    expect(told(seen({ ...named, lookup: { ...named.lookup, addresses: marked } as HostEvidence['lookup'] }))).toEqual([
      'warning D21',
    ])
    expect(told(seen(lookedUp('localhost', '127.0.0.1')))).toEqual(['warning D21'])
  })

  test('is none where it gives both, where an address was given, and where the cluster has one family', () => {
    expect(told(seen(named))).toEqual([])
    expect(told({ ...seen(lookedUp('127.0.0.1', '127.0.0.1')), places: [{ ...place, host: '127.0.0.1' }] })).toEqual([])
    const ipv4 = { ...CLUSTER, networkType: 'ipv4' as const }
    expect(told({ ...seen(lookedUp('localhost', '127.0.0.1')), clusters: [ipv4] })).toEqual([])
  })

  test('is told as what DNS lacks, where DNS lacks it', () => {
    const asked = { ...lookedUp('localhost', '127.0.0.1'), asksDns: true }
    expect(told(seen(asked))).toEqual([])
  })
})

describe('a full queue of an address of this host', () => {
  const silent = (address: string): AddressEvidence => ({
    ...connected(),
    address,
    family: address.includes(':') ? 6 : 4,
    source: { address },
    attempts: [{ address, family: 4, port: 11211, startedAt: '', outcome: 'timeout', ms: 3500 }],
  })

  test('is not taken for packets dropped on the way, also where the other family works', () => {
    const alive = { ...connected(0.4), address: '::1', family: 6 as const }
    for (const addresses of [[silent('127.0.0.1')], [silent('127.0.0.1'), alive]]) {
      expect(told({ addresses })).toEqual(['failure R04'])
      expect(JSON.stringify(judgeEvidence({ ...HEALTHY, addresses }))).not.toContain('on the way')
    }
  })
})

test('no evidence of anything wrong is no finding', () => {
  expect(told({ addresses: [connected(0.4, 0.5, 0.6)], hosts: [lookedUp('shop', '10.0.0.7', '2001:db8::7')] })).toEqual(
    [],
  )
})

describe('what can not be staged on every host', () => {
  test.each<[string, Partial<Evidence>]>([
    ['warning R09', { addresses: [connected(0.5, 1012, 0.6, 1004)] }],
    ['warning R16', { addresses: [answering({ received: 2966, quietMs: 31 })] }],
    ['failure R15', { addresses: [answering({ received: 1885, quietMs: 2950 })] }],
    ['warning R10', { addresses: [connected(301, 312, 305)] }],
    ['warning L04', { addresses: [connected(0.5)], limits: { ...LIMITS, sockets: sockets(4000, 'TIME-WAIT') } }],
    ['warning L05', { addresses: [connected(0.5)], limits: { ...LIMITS, sockets: sockets(25, 'CLOSE-WAIT') } }],
    ['warning L07', { limits: { ...LIMITS, conntrack: { count: 65_000, max: 65_536 } } }],
    ['warning P06', { limits: { ...LIMITS, java: [{ pid: 7, options: ['-Djava.net.preferIPv6Stack=true'] }] } }],
    [
      'warning P07',
      {
        clusters: [{ ...CLUSTER, networkType: 'ipv6' }],
        limits: { ...LIMITS, java: [{ pid: 7, options: ['-Djava.net.preferIPv4Stack=true'] }] },
      },
    ],
    ['note P08', { hosts: [lookedUp('shop', 'fd00::7', '10.0.0.7')] }],
    ['warning C03', { clusters: [{ ...CLUSTER, parameterApplyStatus: 'pending-reboot' }] }],
  ])('is still told: %s', (expected, evidence) => {
    expect(told(evidence)).toEqual([expected])
  })

  test('delays that are no retransmission are not called loss', () => {
    expect(told({ addresses: [connected(0.5, 700, 1700)] })).toEqual([])
  })
})

test('failures come before warnings, and what is earlier on the way of a connection before what is later', () => {
  const refused: AddressEvidence = {
    ...connected(),
    attempts: [
      { address: '10.0.0.7', family: 4, port: 11211, startedAt: '', outcome: 'refused', ms: 1, code: 'ECONNREFUSED' },
    ],
  }
  const limits = { ...LIMITS, conntrack: { count: 65_000, max: 65_536 } }
  expect(told({ addresses: [refused], limits, clusters: [{ ...CLUSTER, status: 'creating' }] })).toEqual([
    'failure C01',
    'failure R05',
    'warning L07',
  ])
})

test('the port that another program has taken is named from the last event of its cluster', () => {
  const message = 'Cannot listen: 0001 on port 11300 (EACCES), endpoint on port 11211 (EADDRINUSE)'
  const events = [{ at: '2026-11-20T10:00:00.000Z', source: 'shop', message }]
  const clusters = [{ ...CLUSTER, status: 'incompatible-network' }]
  const [finding] = judgeEvidence({ ...HEALTHY, clusters, api: { refused: [], events } })
  expect(finding).toMatchObject({ id: 'C01', hint: expect.stringContaining('ss -ltnp sport = :11211.') })
})

test('both ends of the port range count: 28232 connections, not 28231', () => {
  expect(portCapacity(LIMITS)).toBe(28_232)
  expect(countPorts('40000-40009,50000\n', 32_768, 60_999)).toBe(11)
  expect(countPorts('1-32768', 32_768, 60_999)).toBe(1)
})

test('a security group without a rule for this host is named, a rule for it or for a group it is in ends that', () => {
  const place = { ...PLACE, role: '0001', cluster: 'shop' }
  const healthy = connected(0.3)
  const attempts = healthy.attempts.map((each) => ({ ...each, outcome: 'reset' as const }))
  const turnedAway: AddressEvidence = { ...healthy, place, attempts }
  const clusters = [{ ...CLUSTER, securityGroups: ['sg-1'] }]
  const withRules = (...sources: string[]): Partial<Evidence> => {
    const ingress = sources.map((source) => ({ fromPort: 11211, toPort: 11211, source }))
    const web = { id: 'sg-2', name: 'web', members: ['10.0.0.0/24'], ingress: [] }
    const securityGroups = [{ id: 'sg-1', name: 'shut', members: [], ingress }, web]
    return { clusters, addresses: [turnedAway], api: { refused: [], securityGroups } }
  }
  expect(told(withRules())).toEqual(['failure R17'])
  expect(told(withRules('10.1.0.0/16', '::/0'))).toContain('failure R17')
  expect(told(withRules('10.0.0.0/16'))).toEqual(['failure R12'])
  expect(told(withRules('sg-2'))).toEqual(['failure R12'])
})

describe('the node type of a cluster', () => {
  const advised = (nodeType: string) =>
    advice({ clusters: [{ ...CLUSTER, nodeType, engineVersion: '1.6.22' }] }).filter((id) => /B0[47]/.test(id))

  test.each(['cache.m4.large', 'cache.r4.large', 'cache.r7g.large', 'cache.x9.huge'])(
    '%s is of no previous generation, and may have TLS',
    (nodeType) => expect(advised(nodeType)).toEqual(['B04']),
  )

  test('cache.t2.micro is of no previous generation, and TLS is not advised to it: it cannot have it', () => {
    expect(advised('cache.t2.micro')).toEqual([])
  })

  test.each(['cache.m1.small', 'cache.r3.large', 'cache.t1.micro'])(
    '%s is of a previous generation, and cannot have TLS',
    (nodeType) => expect(advised(nodeType)).toEqual(['B07']),
  )
})

test('a cluster is near to the most nodes it may have by the quota in force, and by the default where none is known', () => {
  const isNear = (numCacheNodes: number, mostNodes?: number) =>
    advice({
      clusters: [{ ...CLUSTER, numCacheNodes }],
      ...(mostNodes !== undefined && { api: { refused: [], mostNodes } }),
    }).includes('B15')
  expect([53, 54, 60, 61].map((nodes) => isNear(nodes))).toEqual([false, true, true, false])
  expect([61, 90].map((nodes) => isNear(nodes, 100))).toEqual([false, true])
})

test.each([
  ['never heard of', "--source-identifier 'id$(touch x)'"],
  ['creating', "--cache-cluster-id 'id$(touch x)'"],
])('a fix for a cluster that is %s quotes the name that the API tells', (status, quoted) => {
  const clusters = [{ ...CLUSTER, id: 'id$(touch x)', status }]
  const [finding] = judgeEvidence({ ...HEALTHY, clusters })
  expect(finding).toMatchObject({ id: 'C01', hint: expect.stringContaining(quoted) })
})

test('a name with control characters is in the fix what it is in the shell', () => {
  const clusters = [{ ...CLUSTER, id: "a\u001b'b", status: 'creating' }]
  const [finding] = judgeEvidence({ ...HEALTHY, clusters })
  expect(finding?.hint).toContain(shell`--cache-cluster-id ${"a\u001b'b"}`)
})

test('every cause has a stable id of its own', () => {
  const ids = [...causes, ...practiceCauses].map(({ id }) => id)
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
})

describe('a cause takes in what follows from it', () => {
  const node = (role: string, address: string, outcome: 'refused' | 'timeout' | 'connected'): AddressEvidence => ({
    ...connected(),
    place: { ...PLACE, host: address, role, cluster: 'shop' },
    address,
    attempts: [
      { address, family: 4, port: 11211, startedAt: '', outcome, ms: outcome === 'timeout' ? 3500 : 0.5, local: false },
    ],
    ...(outcome === 'connected' && {
      words: { connected: true, speaker: 'memcached' as const, line: 'VERSION 1.6.22', connectMs: 0.5, replyMs: 0.6 },
    }),
  })
  const three = [
    node('0001', '10.0.0.1', 'connected'),
    node('0002', '10.0.0.2', 'refused'),
    node('0003', '10.0.0.3', 'timeout'),
  ]
  const nodes = (...states: readonly [id: string, status: string, zone?: string][]): ClusterFacts['nodes'] =>
    states.map(([id, status, zone]) => ({ id, status, ...(zone && { zone }) }))
  const seen = (cluster: Partial<ClusterFacts>, addresses: readonly AddressEvidence[]): Partial<Evidence> => ({
    clusters: [{ ...CLUSTER, networkType: 'ipv4', ...cluster }],
    places: addresses.map(({ place }) => place),
    addresses,
  })
  const explained = (evidence: Partial<Evidence>) =>
    judgeEvidence({ ...HEALTHY, ...evidence }).map(({ id, explains = [] }) => [
      id,
      explains.map(({ kind, at }) => `${kind} ${at}`),
    ])

  test('a cluster that is being deleted, nodes that are gone', () => {
    expect(explained(seen({ status: 'deleting' }, three))).toEqual([
      ['C01', ['not-available shop', 'timeout 10.0.0.3:11211', 'refused 10.0.0.2:11211']],
    ])
  })

  test('a node that is being added, that it refuses connections, which then is no warning but a failure', () => {
    const evidence = seen({ nodes: nodes(['0001', 'available'], ['0002', 'creating']) }, three.slice(0, 2))
    expect(told(evidence)).toEqual(['failure C02'])
    expect(explained(evidence)).toEqual([['C02', ['node-not-available shop 0002', 'refused 10.0.0.2:11211']]])
  })

  test('a cluster that is only being changed does not take in a node that is said to be well', () => {
    const evidence = seen(
      { status: 'modifying', nodes: nodes(['0001', 'available'], ['0002', 'available']) },
      three.slice(0, 2),
    )
    expect(told(evidence)).toEqual(['failure R05', 'warning C01'])
  })

  test('packets that are dropped before all nodes are one cause, told of the cluster, with nothing to decide between', () => {
    const all = [1, 2, 3, 4].map((at) => node(`000${at}`, `10.0.0.${at}`, 'timeout'))
    const endpoint = {
      ...node('configuration', '10.0.0.1', 'timeout'),
      place: { ...PLACE, host: 'cfg.test', role: 'configuration', cluster: 'shop' },
    }
    const findings = judgeEvidence({ ...HEALTHY, ...seen({}, [...all, endpoint]) })
    expect(findings.map(({ id, sentence, rivals }) => [id, sentence, rivals])).toEqual([
      [
        'R04',
        'No node of shop answers: packets to 10.0.0.1:11211, 10.0.0.2:11211 and 2 more are dropped on the way.',
        undefined,
      ],
    ])
    const one = [...all.slice(1), node('0001', '10.0.0.1', 'connected')]
    expect(judgeEvidence({ ...HEALTHY, ...seen({}, one) })[0]?.sentence).toMatch(/^Node 0002 of shop /)
  })

  test('a zone, the silence of its nodes, and not that of one elsewhere', () => {
    const out = [
      node('0001', '10.0.0.1', 'timeout'),
      node('0002', '10.0.0.2', 'timeout'),
      node('0003', '10.0.0.3', 'connected'),
    ]
    const zones = nodes(
      ['0001', 'available', 'a'],
      ['0002', 'available', 'a'],
      ['0003', 'available', 'b'],
      ['0004', 'available', 'c'],
    )
    expect(explained(seen({ nodes: zones }, out))).toEqual([
      ['C05', ['timeout 10.0.0.1:11211', 'timeout 10.0.0.2:11211']],
    ])
    const more = [...out, node('0004', '10.0.0.4', 'refused')]
    expect(told(seen({ nodes: zones }, more))).toEqual(['failure C05', 'failure R05'])
  })

  test('and two faults that have nothing to do with each other are two causes', () => {
    expect(told(seen({ nodes: nodes(['0001', 'available']) }, three))).toEqual(['failure R04', 'failure R05'])
  })
})

test('a name beside a cluster that has other addresses may be a stale copy where they do not answer, and is none elsewhere', () => {
  const cluster = { ...connected(0.4), place: { ...PLACE, role: '0001', cluster: 'shop' } }
  const other = (outcome: 'connected' | 'timeout' | 'unreachable'): Partial<Evidence> => {
    const reply = { name: 'old.test', transport: 'udp' as const, tries: 1, ms: 1, records: [] }
    const view = {
      server: { address: '10.0.0.2', port: 53 },
      a: { ...reply, type: 'A' as const, outcome: 'answered' as const },
      aaaa: { ...reply, type: 'AAAA' as const, outcome: 'no-data' as const },
      ipv4: [{ address: '10.9.9.9', ttl: 60 }],
      ipv6: [],
      chain: [],
      chainEnd: 'none' as const,
    }
    const place = { ...PLACE, host: 'old.test' }
    // So long a neighbour is asked for.
    const ms = outcome === 'unreachable' ? 3060 : 0.5
    const attempts = [
      { address: '10.9.9.9', family: 4 as const, port: 11211, startedAt: '', outcome, ms, local: false },
    ]
    return {
      clusters: [{ ...CLUSTER, networkType: 'ipv4' }],
      places: [cluster.place, place],
      hosts: [
        { ...lookedUp('old.test', '10.9.9.9'), asksDns: true, survey: { name: 'old.test', at: '', views: [view] } },
      ],
      addresses: [cluster, { ...connected(), place, address: '10.9.9.9', attempts }],
    }
  }
  expect(told(other('connected'))).toEqual([])
  const [finding] = judgeEvidence({ ...HEALTHY, ...other('timeout') })
  expect([finding?.id, finding?.rivals?.map(({ id }) => id)]).toEqual(['R04', ['D06']])
  expect(told(other('unreachable'))).toEqual(['failure D06'])
})

test.each([
  ['10.0.0.7', 4, 'EINVAL', 'ip route del $(ip route show type blackhole match 10.0.0.7)'],
  ['fd00::7', 6, 'EACCES', 'ip -6 route del $(ip -6 route show type prohibit match fd00::7)'],
] as const)('a route that refuses %s is found and deleted by one command', (address, family, code, command) => {
  const attempts = [
    { address, family, port: 11211, startedAt: '', outcome: 'local-error' as const, code, ms: 0.1, local: true },
  ]
  const [finding] = judgeEvidence({ ...HEALTHY, addresses: [{ ...connected(), address, family, attempts }] })
  expect([finding?.id, finding?.hint]).toEqual(['R08', `If nobody needs it: ${command}`])
})

test('a connection that was lost on the way is not told as closed by the server', () => {
  const words = (outcome: 'timeout' | 'reset') => ({ connected: false as const, outcome })
  expect(told({ addresses: [{ ...connected(0.4, 1012, 0.5, 1030), words: words('timeout') }] })).toEqual([
    'warning R09',
  ])
  expect(told({ addresses: [{ ...connected(0.4, 0.5), words: words('reset') }] })).toEqual(['failure T10'])
})

test('what was seen and has no cause is told, and not forced on one', () => {
  const lost = connected(0.5, 1012, 0.6, 1004)
  const { findings, unexplained } = verdictOf(
    { ...HEALTHY, addresses: [lost] },
    causes.filter(({ id }) => id !== 'R09'),
  )
  expect(findings).toEqual([])
  expect(unexplained.map(({ kind, at }) => `${kind} ${at}`)).toEqual(['lost-at-times 10.0.0.7:11211'])
})

describe('where a list has another address of a node than DNS', () => {
  const [listed, inDns] = ['10.9.9.9', '10.0.0.7']
  /** Which of the two take connections. */
  const seen = (...alive: readonly string[]): Partial<Evidence> => {
    const host = 'shop.0001.test'
    const node = { host, ip: listed, port: 11211 }
    const answer = { ok: true as const, host, port: 11211, form: 'config' as const, version: 2, nodes: [node], ms: 1 }
    const silence = { ...answer, ok: false as const, kind: 'timeout' as const, phase: 'connect' as const, detail: '' }
    const place = { ...PLACE, host, role: 'configuration' }
    return {
      places: [place],
      hosts: [{ ...lookedUp(host, inDns), asksDns: true }],
      addresses: [{ ...connected(...(alive.includes(inDns) ? [0.4] : [])), place }],
      discovery: [
        {
          place,
          round: {
            number: 1,
            at: '',
            tls: false,
            seed: answer,
            seedAtMs: 1,
            perNode: [{ node, asked: listed, ms: 1, atMs: 1, ...(alive.includes(listed) ? {} : { failure: silence }) }],
            others: [],
            agreed: true,
          },
        },
      ],
    }
  }

  test('the list is old where its address alone is silent', () => {
    expect(told(seen(inDns))).toEqual(['failure A08'])
  })

  test('DNS is old where its address alone is silent', () => {
    expect(told(seen(listed))).toEqual(['failure D17'])
  })

  test('DNS is to be looked at where both answer', () => {
    expect(told(seen(inDns, listed))).toEqual(['warning D17'])
  })
})

test('a call that waits in vain beside others that are answered is told, and none where all are slow', () => {
  const api = { refused: [{ operation: 'DescribeEvents', code: 'no answer', waitedMs: 4000 }] }
  const asked = (ms: number): Partial<Evidence> => ({
    api,
    service: { kind: 'endpoint', url: 'http://10.0.0.9', look: { outcome: 'answered', ms, status: 200 } },
  })
  expect(told(asked(20))).toEqual(['warning E08'])
  expect(told(asked(3500))).toEqual([])
  expect(told({ ...asked(20), api: { refused: [{ operation: 'DescribeEvents', code: 'AccessDenied' }] } })).toEqual([])
})

test('a primary endpoint that leads to a replica is found, and one that leads to the primary is in order', () => {
  const [endpoint, former, now] = ['cart.test', 'cart-001.test', 'cart-002.test'] as const
  const member = (id: string, role: string) => ({ id, role, status: 'available', host: `${id}.test`, port: 6379 })
  const leadingTo = (data: string): Partial<Evidence> => {
    const reply = { name: endpoint, transport: 'udp' as const, tries: 1, ms: 1, records: [] }
    const view = {
      server: { address: '10.0.0.2', port: 53 },
      a: { ...reply, type: 'A' as const, outcome: 'answered' as const },
      aaaa: { ...reply, type: 'AAAA' as const, outcome: 'no-data' as const },
      ipv4: [{ address: '10.9.9.9', ttl: 60 }],
      ipv6: [],
      chain: [{ name: endpoint, type: 'CNAME' as const, ttl: 5, data }],
      chainEnd: 'addresses' as const,
    }
    const nodes = [
      { id: 'primary', status: 'available', host: endpoint, port: 6379 },
      member('cart-001', 'replica'),
      member('cart-002', 'primary'),
    ]
    return {
      clusters: [{ ...CLUSTER, id: 'cart', group: true, engine: 'valkey', networkType: 'ipv4', nodes }],
      hosts: [{ ...lookedUp(endpoint, '10.9.9.9'), asksDns: true, survey: { name: endpoint, at: '', views: [view] } }],
    }
  }
  expect(told(leadingTo(former))).toEqual(['failure D26'])
  expect(told(leadingTo(now))).toEqual([])
})
