/** What goes wrong once a node has answered: found by asking more than once, over several connections. */
import { shell } from '../../api/shell.ts'
import type { AddressEvidence, Evidence } from '../evidence.ts'
import { amid, type Cause, failure, type Told, warning, wherever } from './cause.ts'
import { restart } from './node.ts'
import { alone, at, name, who } from './places.ts'
import type { SignKind } from './sign.ts'
import {
  cutAfter,
  dataMs,
  distancesIn,
  failed,
  isFartherAway,
  isLateAtFirst,
  lateTurns,
  median,
  shortTurns,
  stuck,
  tried,
  usualOf,
  versionMs,
} from './signs/trial.ts'

export const trialCauses: readonly Cause[] = [
  {
    id: 'N01',
    title: 'the node answers `version` and hangs on data',
    seat: 'node',
    source: 'Measured: requests for keys that do not exist, beside `version`, over several connections',
    odds: 0.03,
    suspect: (seen) =>
      wherever(
        seen,
        'mute-on-data',
        (one) =>
          failure(
            at(one),
            `${who(one)} answers \`version\`, so checks of its health pass, and no request for data: it hangs.`,
            restart(one),
            shell`cachectl kv get ${alone(one)} no-such-key`,
          ),
        'stalls',
        'late',
        'write-refused',
        ...LISTS,
      ),
  },
  {
    id: 'N11',
    title: 'the node answers `version` at once, and requests for data late',
    seat: 'node',
    source: 'Measured: requests for keys that do not exist, beside `version`, over several connections',
    odds: 0.03,
    suspect: (seen) =>
      wherever(
        seen,
        'late-on-data',
        (one) =>
          warning(
            at(one),
            `${who(one)} answers \`version\` after ${versionMs(one).toFixed(1)} ms and takes ${(dataMs(one) / 1000).toFixed(1)} s for a request for data: clients run into their time-outs, and checks of its health do not see it.`,
            'Look at what it waits for when it reads: a proxy before servers that are slow or gone, memory that is swapped out, a disk under it (extstore). Then restart it.',
            shell`cachectl kv get ${alone(one)} no-such-key`,
          ),
        'stalls',
        'late',
        'some-fail',
        'write-refused',
        ...LISTS,
      ),
  },
  {
    id: 'N02',
    title: 'answers stop in the middle of a conversation',
    seat: 'node',
    source: 'Measured: short questions, several on each of several connections',
    odds: 0.03,
    suspect: (seen) => [
      ...wherever(
        seen,
        'answers-lost',
        (one) =>
          failure(
            at(one),
            `${who(one)} answers and then stops: ${stuck(one).length} of ${trials(one)} connections had an answer, and waited for the next in vain.`,
            amid('A proxy in front of it may do the same.', restart(one)),
            probing(one),
          ),
        'stalls',
        'late',
        'some-fail',
        'silent',
        'write-refused',
        'large-refused',
        ...LISTS,
      ),
      ...wherever(
        seen,
        'uneven',
        (one) =>
          isLateAtFirst(one)
            ? warning(
                at(one),
                `${who(one)} answers the first question on each connection after ${Math.round(Math.min(...lateTurns(one)))} ms, and later ones after ${quickMs(one)}: clients that connect anew wait each time.`,
                'It looks something up for each new client (a name in DNS, an access list), or a proxy before it connects to its servers only then. Until that is mended, keep connections open: a pool.',
                probing(one),
              )
            : warning(
                at(one),
                `${who(one)} stalls now and then: ${lateTurns(one).length} of ${shortTurns(one).length} answers took ${Math.round(Math.min(...lateTurns(one)))} ms and more, the others ${quickMs(one)}.`,
                'Look at its CPU (CPUUtilization, credits of T nodes), at long commands, and at a proxy in front of it.',
                probing(one),
              ),
        'stalls',
        'late',
        'narrow',
        ...LISTS,
      ),
    ],
  },
  {
    id: 'N03',
    title: 'connections are ended in the middle',
    seat: 'node',
    source: 'Measured: connections that were answered and then reset or closed, by how much had passed on them',
    odds: 0.03,
    suspect: (seen) =>
      wherever(
        seen,
        'cut-off',
        (one) =>
          failure(
            at(one),
            `${who(one)} answers, and ends connections in the middle (the first after ${cutAfter(one)} bytes): clients fail on all but the smallest requests.`,
            'A proxy or firewall on the way that limits or inspects what passes, or a server that ends at such requests: look at its log, and ask from beside it.',
            probing(one),
          ),
        'stalls',
        'some-fail',
        'write-refused',
        'large-refused',
        ...LISTS,
      ),
  },
  {
    id: 'N04',
    title: 'some connections are served, others are not',
    seat: 'node',
    source: 'Measured: several connections side by side',
    odds: 0.03,
    suspect: (seen) =>
      wherever(
        seen,
        'some-fail',
        (one) =>
          failure(
            at(one),
            `${who(one)} serves some connections and fails others: ${failed(one).length} of ${trials(one)} had no answer.`,
            'One of several servers behind the address is down (a load balancer, a proxy, a service with several targets): look at each of them alone.',
            probing(one),
          ),
        'stalls',
        'lost-at-times',
        'closed',
        'silent',
        'write-refused',
        ...LISTS,
      ),
  },
  {
    id: 'N05',
    title: 'one node is far away or slow, the others are near',
    seat: 'node',
    source: 'Measured: connections to the nodes of a cluster beside each other; zones of a region are 1 to 3 ms apart',
    odds: 0.03,
    suspect: (seen) =>
      wherever(seen, 'farther', (one) => fartherTold(seen.evidence, one), 'far', 'late', 'narrow', ...LISTS),
  },
]

function fartherTold(evidence: Evidence, one: AddressEvidence): Told {
  const nodes = distancesIn(evidence)
  const node = nodes.find(({ place }) => name(place) === name(one.place))
  const usual = node && usualOf(node, nodes)
  const [connect, answer] = [node?.connectMs ?? 0, node?.answerMs ?? 0]
  const others = `the other nodes ${usual?.answerMs.toFixed(1)} ms`
  const command = shell`cachectl probe ${alone(one)} --protocol -c 20`
  if (node && usual && isFartherAway(node, usual))
    return warning(
      at(one),
      `${who(one)} is far away: a request takes ${Math.round(answer)} ms, to ${others}. Requests for its keys are as much slower.`,
      `Look where the time goes: mtr -T -P ${one.port} ${one.address}. A node in another zone takes 1 to 3 ms; more is a detour (VPN, peering, another region) or a congested link.`,
      command,
    )
  return warning(
    at(one),
    `${who(one)} connects in ${connect.toFixed(1)} ms and takes ${Math.round(answer)} ms for the smallest request, ${others}: it alone is slow.`,
    'Look at its CPU (CPUUtilization, credits of T nodes) and its clients; where a proxy is in front of it, at the way from there.',
    command,
  )
}

/** What suffers where questions are not answered. */
const LISTS = ['bad-list', 'list-unanswered'] as const satisfies readonly SignKind[]

const trials = (one: AddressEvidence): number => tried(one).length

function quickMs(one: AddressEvidence): string {
  const times = shortTurns(one).flatMap(({ answered, ms }) => (answered ? [ms] : []))
  return `${(median(times.filter((ms) => ms < Math.min(...lateTurns(one)))) ?? 0).toFixed(1)} ms`
}

const probing = (one: AddressEvidence): string => shell`cachectl probe ${alone(one)} --protocol -c 30`
