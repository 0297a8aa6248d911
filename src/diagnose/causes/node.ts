/** What answers, and how well. */
import { memcached, redis } from '../../api/catalog/engines.ts'
import { shell, shellWord } from '../../api/shell.ts'
import { NOTHING_LISTENS } from '../../net/connect-outcome.ts'
import type { AddressEvidence, Evidence, Place } from '../evidence.ts'
import { amid, type Cause, failure, type Hint, shows, warning, wherever } from './cause.ts'
import {
  at,
  byPlace,
  called,
  connectMs,
  isAlive,
  isHere,
  name,
  replyMs,
  servesOtherFamily,
  speaks,
  spokenAs,
  spokenThere,
  tryingIt,
  who,
  whoIs,
} from './places.ts'

const GUIDE = 'User guide, "Common troubleshooting steps"'

const SPEAKERS: Readonly<Record<string, string>> = {
  redis: 'Redis or Valkey',
  http: 'A web server',
  memcached: 'Memcached',
  'memcached-error': 'Memcached',
}

export const nodeCauses: readonly Cause[] = [
  {
    id: 'R05',
    title: 'nothing listens on the port',
    seat: 'node',
    source: `${GUIDE}; measured`,
    odds: 0.1,
    suspect: (seen) =>
      byPlace(seen.evidence).flatMap(([place, own]) => {
        const refused = own.filter((one) => seen.at(at(one), 'refused').length > 0)
        const [first] = refused
        if (!first) return []
        const explains = shows(0.95, ...refused.flatMap((one) => seen.at(at(one), 'refused')))
        const command = tryingIt(first)
        const alive = own.find(isAlive)
        if (!alive) {
          const sentence = `${whoIs(place, name(place))} refuses connections: nothing listens there.`
          return [{ ...failure(name(place), sentence, startIt(seen.evidence, place), command), explains }]
        }
        return [
          {
            ...warning(
              name(place),
              `${whoIs(place, name(place))} listens on IPv${alive.family} and not on IPv${first.family} (${first.address} refuses).`,
              `Let the server listen on both, or take the ${first.family === 6 ? 'AAAA' : 'A'} record away. Clients that try IPv${first.family} first lose a moment.`,
              command,
            ),
            explains,
            // A server listens on all addresses of a family, or on none.
            ...(alive.family === first.family && { fits: 0.1 }),
          },
        ]
      }),
  },
  {
    id: 'S01',
    title: 'something else than the engine of the cache answers',
    seat: 'node',
    source: 'Measured',
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'stranger', (one) => {
        const words = one.words?.connected ? one.words : undefined
        const stranger = SPEAKERS[words?.speaker ?? ''] ?? `Something else than ${called(one.place)}`
        return failure(
          at(one),
          `${stranger} answers at ${at(one)}: ${words?.line}`,
          `Check host and port: Memcached is on ${memcached.port}, Redis and Valkey on ${redis.port}.`,
          spokenThere(one),
        )
      }),
  },
  {
    id: 'S04',
    title: 'Memcached answers, and only with errors or in the binary protocol',
    seat: 'node',
    source: 'protocol.txt of Memcached; measured: memcached -Y, -S and -B binary',
    odds: 0.02,
    suspect: (seen) => [
      ...wherever(seen, 'errors-only', (one) => {
        const line = one.words?.connected ? one.words.line : ''
        const wantsPassword = /unauthenticated|auth/i.test(line)
        return failure(
          at(one),
          `${who(one)} answers every request with an error: ${line}`,
          wantsPassword
            ? 'It wants a name and a password first (memcached -Y), which ElastiCache never does: give them to the client, or check host and port.'
            : 'Look at the log of the server; a proxy answers so when the servers behind it are gone.',
          spokenThere(one),
        )
      }),
      ...wherever(seen, 'binary-only', (one) =>
        failure(
          at(one),
          `${who(one)} is Memcached and speaks the binary protocol only: text requests are never answered.`,
          'It runs with SASL (-S) or -B binary, which ElastiCache never does: switch the client to the binary protocol (with SASL: its name and password), or check host and port.',
          spokenThere(one),
        ),
      ),
    ],
  },
  {
    id: 'T12',
    title: 'TLS stands, and something else than the engine of the cache is behind it, or nothing',
    seat: 'node',
    source: 'Measured: `version` after the handshake',
    odds: 0.03,
    suspect: (seen) =>
      wherever(seen, 'mute-under-tls', (one) => {
        const reply = one.tls?.reply
        return failure(
          at(one),
          reply === undefined
            ? `${who(one)} takes the TLS handshake and answers no request after it: it hangs, or is no ${called(one.place)}.`
            : `${/^(HTTP\/|<!?(html|doctype))/i.test(reply) ? 'A web server' : `Something else than ${called(one.place)}`} answers under TLS at ${at(one)}: ${reply}`,
          reply === undefined
            ? restart(one)
            : `Check host and port: Memcached is on ${memcached.port}, Redis and Valkey on ${redis.port}.`,
          spokenThere(one),
        )
      }),
  },
  {
    id: 'T03',
    title: 'connections are accepted and nothing is ever answered',
    seat: 'node',
    source: 'Measured: a hung server, or a proxy or load balancer without a live target',
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'silent', (one) => {
        const acknowledged = one.words?.connected === true && (one.words.kernel?.ackedBytes ?? 0) > 0
        const how = acknowledged ? 'acknowledges what is sent, and answers nothing' : 'and answers nothing'
        const others = seen.evidence.addresses.some(
          (other) => other.place.cluster !== undefined && other.place.cluster === one.place.cluster && speaks(other),
        )
        const zone = others ? undefined : onlyZone(seen.evidence, one)
        const elsewhere =
          zone === undefined
            ? ''
            : `All its nodes are in ${zone}; cachectl doctor, without a word after it, shows whether others there are out, too. `
        return {
          ...failure(
            at(one),
            `${who(one)} accepts connections${acknowledged ? ',' : ''} ${how}, neither to plain text nor to TLS: it hangs.`,
            amid(`${others ? 'Other nodes answer. ' : ''}${elsewhere}`.trim(), restart(one)),
            spokenThere(one),
          ),
          ...(servesOtherFamily(seen.evidence, one) && { fits: ONE_FAMILY_ALONE }),
        }
      }),
  },
  {
    id: 'T10',
    title: 'connections are accepted and closed at once',
    seat: 'node',
    source: 'Measured: a security group of the local engine, a proxy whose target is down, or an access list',
    odds: 0.03,
    suspect: (seen) =>
      wherever(seen, 'closed', (one) => ({
        ...failure(
          at(one),
          `${who(one)} accepts connections and closes them at once.`,
          isHere(one) && one.place.cluster === undefined
            ? 'An access list of the server, or a proxy whose target is down.'
            : 'A security group or access list that does not let this host in, or a proxy whose target is down.',
          spokenThere(one),
        ),
        ...(servesOtherFamily(seen.evidence, one) && { fits: ONE_FAMILY_ALONE }),
      })),
  },
  {
    id: 'S02',
    title: 'connections are quick, answers are late',
    seat: 'node',
    source: 'User guide, "Best practices": latency; measured: connect against first answer',
    odds: 0.03,
    suspect: (seen) =>
      wherever(
        seen,
        'late',
        (one) =>
          warning(
            at(one),
            `${who(one)} connects in ${connectMs(one).toFixed(1)} ms and answers after ${Math.round(replyMs(one))} ms: the node itself is slow.`,
            one.place.role === 'endpoint' || one.place.role === 'reader'
              ? 'Look at ThrottledCmds and at the limits of the serverless cache (ElastiCacheProcessingUnits): raise them with modify-serverless-cache.'
              : 'Look at its CPU (CPUUtilization, credits of T nodes), long commands and noisy clients; add nodes or take a larger type.',
            shell`cachectl probe ${spokenAs(one)} --protocol -c 20`,
          ),
        'list-unanswered',
      ),
  },
]

/** A server that hangs or turns clients away does so over both families. */
const ONE_FAMILY_ALONE = 0.1

/** What is done where nothing listens. */
function startIt({ addresses }: Evidence, place: Place): string {
  const { cluster = '', role } = place
  const others = addresses.some(
    (one) => cluster !== '' && one.place.cluster === cluster && name(one.place) !== name(place) && isAlive(one),
  )
  const events = `See the events: cachectl describe-events --source-type cache-cluster --source-identifier ${shellWord(cluster)}`
  if (others) return `Other nodes answer: this one is down. ${events}`
  if (cluster !== '' && /^\d+$/.test(role))
    return `The API has it at this port: the node is down, and is replaced by itself. ${events}`
  return NOTHING_LISTENS
}

/** What is done about a node that takes connections and no requests. */
export function restart({ place: { cluster, role, speaks } }: AddressEvidence): Hint {
  if (cluster !== undefined && /^\d+$/.test(role))
    return [
      'Reboot it, which empties it:',
      shell`cachectl reboot-cache-cluster --cache-cluster-id ${cluster} --cache-node-ids-to-reboot ${role}`,
    ]
  if (role === 'endpoint' || role === 'reader')
    return `A serverless cache can't be rebooted: see its events (cachectl describe-events --source-type serverless-cache --source-identifier ${shellWord(cluster ?? '')}) and the AWS Health Dashboard.`
  if (speaks === 'resp')
    return `See what has happened to it: cachectl describe-events --duration 60. In a group with replicas another one can take over: cachectl failover ${shellWord(cluster ?? '<group>')}`
  if (cluster !== undefined)
    return `Reboot the nodes: cachectl describe-events --source-identifier ${shellWord(cluster)} --source-type cache-cluster tells since when.`
  return 'A hung server, or a proxy or load balancer without a live target: look at what listens there, and restart it.'
}

/** Of a cluster with several nodes, all in one zone. */
function onlyZone({ clusters }: Evidence, { place }: AddressEvidence): string | undefined {
  const nodes = clusters.find(({ id }) => id === place.cluster)?.nodes ?? []
  const zones = new Set(nodes.map(({ zone }) => zone))
  return nodes.length > 1 && zones.size === 1 ? [...zones][0] : undefined
}
