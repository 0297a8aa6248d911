import { shellWord } from '../api/shell.ts'
import type { ConnectFailure } from '../net/connect-outcome.ts'
import type { ResolveFailure, ResolveProblem } from '../net/resolve.ts'
import { endpoint } from '../net/target.ts'
import { QUEUE_FULL } from './causes/places.ts'
import { metInstead } from './exchange.ts'
import type { Finding } from './finding.ts'
import type { FailureCount, ProbeReport, ProbeRow } from './report.ts'

type Measured = Omit<ProbeReport, 'findings'>
type Words = readonly [sentence: string, hint: string]

/** What a finished or running probe means. The worst first; within a severity, the wider subject first. */
export function judge(measured: Measured): Finding[] {
  const findings = [
    ...measured.unresolved.map(unresolvedFinding),
    ...(measured.lacking ?? []).map(({ host, family: _, ...words }) => lackingFinding(host, words)),
    ...deadFamilies(measured.rows),
    ...measured.rows.flatMap(rowFindings),
    ...nearFloor(measured),
  ]
  const rank = { failure: 0, warning: 1, note: 2 }
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity])
}

const WHY_UNRESOLVED: Readonly<Record<ResolveProblem, string>> = {
  'bad-target': 'Write host:port, [IPv6]:port, or an IP address.',
  'no-such-name': 'Check the spelling, and that the cluster still exists; custom DNS servers must forward AWS names.',
  'no-data': 'The name has lost its records: check the cluster status, and the DNS attributes of the VPC.',
  'no-data-of-family': "Drop the family filter, or check the cluster's network type.",
  'server-failure': "The DNS servers of this host fail: check /etc/resolv.conf and the VPC's resolver.",
  timeout: 'The DNS servers of this host do not answer: check /etc/resolv.conf and what filters port 53.',
  aborted: 'Run it again.',
  other: 'Check the DNS configuration of this host.',
}

function unresolvedFinding({ target, problem, detail }: ResolveFailure): Finding {
  const hint = WHY_UNRESOLVED[problem]
  return { id: `unresolved-${problem}`, severity: 'failure', subject: target, sentence: `${detail}.`, hint }
}

const lackingFinding = (subject: string, words: Pick<Finding, 'sentence' | 'hint' | 'evidence'>): Finding => ({
  id: 'family-lacking',
  severity: 'warning',
  subject,
  ...words,
})

/** A host that connects over one family and never over the other: clients hang or not by which one they try first. */
function deadFamilies(rows: readonly ProbeRow[]): Finding[] {
  return [...new Set(rows.map((row) => row.target))].flatMap((target) => {
    const own = rows.filter((row) => row.target === target && row.sent > 0)
    const alive = own.find((row) => row.connected > 0)
    const dead = own.find((row) => row.family !== alive?.family)
    const deadFamily = own.filter((row) => row.family === dead?.family)
    if (!alive || !dead || deadFamily.some((row) => row.connected > 0)) return []
    const first = own[0]?.family === dead.family
    return [
      {
        id: 'family-dead',
        severity: 'failure' as const,
        subject: target,
        sentence: `${target} connects over IPv${alive.family} and not over IPv${dead.family}.`,
        hint: first
          ? `Clients here try IPv${dead.family} first: repair it${where(dead)}, or prefer IPv${alive.family} until then.`
          : `Clients here try IPv${alive.family} first and may not notice; others will${where(dead)}.`,
      },
    ]
  })
}

/** Where to look, as far as the kind of failure tells: a host that refuses was reached; to an unreachable one there is no way. */
const where = ({ failures: [worst], here }: ProbeRow): string =>
  worst?.outcome === 'timeout' && !here ? ' (security group, network ACL, route)' : ''

function rowFindings(row: ProbeRow): Finding[] {
  const subject = endpoint(row.address, row.port)
  const findings = row.failures.map((failure): Finding => {
    const [sentence, hint] = EXPLAIN[failure.outcome](subject, failure, row)
    return { id: failure.outcome, severity: row.connected > 0 ? 'warning' : 'failure', subject, sentence, hint }
  })
  return [...findings, ...retransmitted(row, subject)]
}

const EXPLAIN: Readonly<Record<ConnectFailure, (at: string, failure: FailureCount, row: ProbeRow) => Words>> = {
  refused: (at, failure, row) =>
    row.connected > 0
      ? [
          `${at} refused ${failure.count} of ${row.sent} connections.`,
          'The server is restarting, or its backlog is full.',
        ]
      : [
          `${at} refused: nothing listens there.`,
          'Check the port, that the server runs, and that it listens on this address.',
        ],
  reset: (at, failure, row) => [
    `${at} reset ${failure.count} of ${row.sent} connections during the handshake.`,
    row.here
      ? 'The server turns connections away, or a proxy stands in front of it.'
      : 'A proxy or firewall between here and there answers in place of the server.',
  ],
  timeout: (at, failure, row) =>
    row.connected > 0
      ? [
          `${at} did not answer ${failure.count} of ${row.sent} attempts in time.`,
          row.here ? QUEUE_FULL.hint : 'Packets are lost on the way, or the node is overloaded.',
        ]
      : row.here
        ? [`${at} ${QUEUE_FULL.sentence}.`, QUEUE_FULL.hint]
        : [
            `${at} does not answer: packets are dropped on the way.`,
            `Check that the security group and network ACLs allow port ${row.port} for IPv${row.family} both ways, and the routes.`,
          ],
  unreachable: (at, failure) => {
    if (failure.local)
      return [
        `This host has no route to ${at} (${failure.code}).`,
        `Ask the routing table: ip route get ${shellWord(hostOf(at))}`,
      ]
    // Linux asks three times, a second apart, before it gives a neighbour up.
    if (failure.ms > 2900)
      return [`No host on this subnet has the address of ${at}.`, 'The node is gone, or the subnet mask is wrong.']
    return [
      `A router or firewall answered that ${at} can't be reached (${failure.code}).`,
      'Find out which one: tcpdump shows the sender of the ICMP message.',
    ]
  },
  prohibited: (at, failure) =>
    failure.local
      ? [
          `This host forbids connections to ${at} (${failure.code}).`,
          `Look for a prohibit route or a local firewall: ip route get ${shellWord(hostOf(at))}`,
        ]
      : [
          `A firewall on the way forbids connections to ${at} (${failure.code}).`,
          'Find out which one: tcpdump shows the sender of the ICMP message.',
        ],
  'no-source-address': (at, _, row) => [
    `This host has no IPv${row.family} address to reach ${at} from.`,
    `Give it one, or use the other family. Clients that skip unusable families are not disturbed.`,
  ],
  'ports-exhausted': (at) => [
    `This host has no free port left for connections to ${at}.`,
    'Keep connections open and share them; net.ipv4.ip_local_port_range can be widened.',
  ],
  'local-error': (at, { code = 'UNKNOWN' }) => [
    `This host could not even try ${at} (${code}).`,
    LOCAL_ERROR_HINTS[code] ?? 'Look the code up in errno(3).',
  ],
  'tls-failed': (at, failure) => [
    `${at} ${metInstead(failure)}.`,
    `Look at it by itself: cachectl tls ${shellWord(at)}`,
  ],
  'bad-reply': (at, failure) => [
    `${at} ${metInstead(failure)}.`,
    `Look at it by itself: cachectl doctor ${shellWord(at)}`,
  ],
  aborted: (at) => [`The attempt at ${at} was given up.`, 'Run it again.'],
}

const LOCAL_ERROR_HINTS: Readonly<Record<string, string>> = {
  EMFILE: 'Raise the limit of open files: ulimit -n.',
  ENFILE: 'Raise the limit of open files: fs.file-max.',
  // What `ip route add blackhole` and a link-local address without its zone have in common.
  EINVAL:
    'Look for a blackhole route (ip route), a source address of the other family, or a fe80:: address without %interface.',
}

/** A lost SYN is sent again after 1 s, then 3 s: handshakes just above these took a second try (RFC 6298). */
function retransmitted(row: ProbeRow, subject: string): Finding[] {
  const { rtt } = row
  if (!rtt || rtt.min > 900 || rtt.max < 1000) return []
  return [
    {
      id: 'retransmitted',
      severity: 'warning',
      subject,
      sentence: `${subject} took ${rtt.max} ms at worst and ${rtt.min} ms at best: a first packet was lost and sent again.`,
      hint: 'Look for connection tracking and packet rate limits (ethtool -S: *_allowance_exceeded).',
    },
  ]
}

function nearFloor({ floorMs, totals }: Measured): Finding[] {
  if (floorMs === undefined || !totals.rtt || totals.rtt.p50 > 2 * floorMs) return []
  return [
    {
      id: 'near-floor',
      severity: 'note',
      subject: 'measurement',
      sentence: `A connection inside this host takes ${floorMs} ms here: most of what was measured is this process.`,
      hint: 'Below a millisecond, compare with that figure, not with zero.',
    },
  ]
}

const hostOf = (at: string): string => at.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
