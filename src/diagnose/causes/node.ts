/** What answers, and how well. */
import { memcached, redis } from '../../api/catalog/engines.ts'
import { shell, shellWord } from '../../api/shell.ts'
import type { AddressEvidence, Evidence } from '../evidence.ts'
import { type Cause, failure, warning } from './cause.ts'
import { isOutWithZone } from './cluster.ts'
import { isFamilyTrouble } from './families.ts'
import { losesData } from './flow.ts'
import {
  at,
  called,
  each,
  inMidSentence,
  isAlive,
  isHere,
  repliesUnderTls,
  resetsConnections,
  speaks,
  spokenAs,
  who,
} from './places.ts'

const isSpeaker = (speaker: string) => (one: AddressEvidence) =>
  one.words?.connected === true && one.words.speaker === speaker && one.tls?.outcome !== 'established'

/** In plain text, and not of what is to be there. */
const STRANGERS = { memcached: ['redis', 'http', 'other'], resp: ['memcached', 'memcached-error', 'http', 'other'] }

const SPEAKERS: Readonly<Record<string, string>> = {
  redis: 'Redis or Valkey',
  http: 'A web server',
  memcached: 'Memcached',
  'memcached-error': 'Memcached',
}

export const nodeCauses: readonly Cause[] = [
  {
    id: 'S01',
    title: 'something else than the engine of the cache answers',
    seat: 'node',
    source: 'Measured',
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) =>
      each(
        addresses,
        (one) =>
          STRANGERS[one.place.speaks ?? 'memcached'].some((speaker) => isSpeaker(speaker)(one)) && !one.place.tls,
      ).map((one) => {
        const words = one.words?.connected ? one.words : undefined
        const stranger = SPEAKERS[words?.speaker ?? ''] ?? `Something else than ${called(one.place)}`
        return failure(
          at(one),
          `${stranger} answers at ${at(one)}: ${words?.line}`,
          `Check host and port: Memcached is on ${memcached.port}, Redis and Valkey on ${redis.port}.`,
          `printf 'version\\r\\n' | nc -w 2 ${one.address} ${one.port}`,
        )
      }),
  },
  {
    id: 'S04',
    title: 'Memcached answers, and only with errors or in the binary protocol',
    seat: 'node',
    source: 'protocol.txt of Memcached; measured: memcached -Y, -S and -B binary',
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) => [
      ...each(addresses, (one) => !one.place.speaks && isSpeaker('memcached-error')(one)).map((one) => {
        const line = one.words?.connected ? one.words.line : ''
        const wantsPassword = /unauthenticated|auth/i.test(line)
        return failure(
          at(one),
          `${who(one)} answers every request with an error: ${line}`,
          wantsPassword
            ? 'It wants a name and a password first (memcached -Y), which ElastiCache never does: give them to the client, or check host and port.'
            : 'Look at the log of the server; a proxy answers so when the servers behind it are gone.',
          `printf 'version\\r\\n' | nc -w 2 ${one.address} ${one.port}`,
        )
      }),
      ...each(addresses, isSpeaker('memcached-binary')).map((one) =>
        failure(
          at(one),
          `${who(one)} is Memcached and speaks the binary protocol only: text requests are never answered.`,
          'It runs with SASL (-S) or -B binary, which ElastiCache never does: switch the client to the binary protocol (with SASL: its name and password), or check host and port.',
          `printf '\\x80\\x0b%022d' 0 | tr 0 '\\0' | nc -w 2 ${one.address} ${one.port} | od -An -c`,
        ),
      ),
    ],
  },
  {
    id: 'T12',
    title: 'TLS stands, and something else than the engine of the cache is behind it, or nothing',
    seat: 'node',
    source: 'Measured: `version` after the handshake',
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) =>
      each(
        addresses,
        ({ place, tls, ...one }) =>
          place.tls &&
          tls?.outcome === 'established' &&
          tls.code === undefined &&
          !tls.wantsClientCertificate &&
          // What the certificate says comes first.
          tls.trust?.ok === true &&
          tls.hostname?.ok === true &&
          !repliesUnderTls({ place, tls }) &&
          isAlive(one),
      ).map((one) => {
        const reply = one.tls?.reply
        return failure(
          at(one),
          reply === undefined
            ? `${who(one)} takes the TLS handshake and answers no request after it: it hangs, or is no ${called(one.place)}.`
            : `${/^(HTTP\/|<!?(html|doctype))/i.test(reply) ? 'A web server' : `Something else than ${called(one.place)}`} answers under TLS at ${at(one)}: ${reply}`,
          reply === undefined
            ? restart(one)
            : `Check host and port: Memcached is on ${memcached.port}, Redis and Valkey on ${redis.port}.`,
          `printf 'version\\r\\n' | openssl s_client -quiet -connect ${at(one)}`,
        )
      }),
  },
  {
    id: 'T03',
    title: 'connections are accepted and nothing is ever answered',
    seat: 'node',
    source: 'Measured: a hung server, or a proxy or load balancer without a live target',
    odds: 0.05,
    suspect: ({ evidence }) =>
      each(
        evidence.addresses,
        (one) =>
          isSpeaker('silent')(one) &&
          !losesData(one) &&
          !isFamilyTrouble(evidence, one) &&
          !isOutWithZone(evidence, one),
      ).map((one) => {
        const acknowledged = one.words?.connected === true && (one.words.kernel?.ackedBytes ?? 0) > 0
        const how = acknowledged ? 'acknowledges what is sent, and answers nothing' : 'and answers nothing'
        const others = evidence.addresses.some(
          (other) => other.place.cluster !== undefined && other.place.cluster === one.place.cluster && speaks(other),
        )
        const zone = others ? undefined : onlyZone(evidence, one)
        const elsewhere =
          zone === undefined
            ? ''
            : `All its nodes are in ${zone}; cachectl doctor, without a word after it, shows whether others there are out, too. `
        return failure(
          at(one),
          `${who(one)} accepts connections${acknowledged ? ',' : ''} ${how}, neither to plain text nor to TLS: it hangs.`,
          `${others ? 'Other nodes answer. ' : ''}${elsewhere}${restart(one)}`,
          one.place.tls
            ? `openssl s_client -brief -connect ${at(one)} </dev/null`
            : `printf 'version\\r\\n' | nc -w 2 ${one.address} ${one.port}`,
        )
      }),
  },
  {
    id: 'T10',
    title: 'connections are accepted and closed at once',
    seat: 'node',
    source: 'Measured: a security group of the local engine, a proxy whose target is down, or an access list',
    odds: 0.05,
    suspect: ({ evidence }) =>
      each(
        evidence.addresses,
        (one) =>
          isAlive(one) &&
          !one.attempts.some(({ local }) => local === true) &&
          one.tls?.outcome !== 'established' &&
          one.tls?.outcome !== 'refused' &&
          !resetsConnections(one) &&
          (isSpeaker('closed')(one) || one.words?.connected === false) &&
          !isFamilyTrouble(evidence, one),
      ).map((one) =>
        failure(
          at(one),
          `${who(one)} accepts connections and closes them at once.`,
          isHere(one) && one.place.cluster === undefined
            ? 'An access list of the server, or a proxy whose target is down.'
            : 'A security group or access list that does not let this host in, or a proxy whose target is down.',
          `printf 'version\\r\\n' | nc -w 2 ${one.address} ${one.port}`,
        ),
      ),
  },
  {
    id: 'S02',
    title: 'connections are quick, answers are late',
    seat: 'node',
    source: 'User guide, "Best practices": latency; measured: connect against first answer',
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, (one) => speaks(one) && answersLate(one)).map((one) =>
        warning(
          at(one),
          `${who(one)} connects in ${connectMs(one).toFixed(1)} ms and answers after ${Math.round(replyMs(one))} ms: the node itself is slow.`,
          one.place.role === 'endpoint' || one.place.role === 'reader'
            ? 'Look at ThrottledCmds and at the limits of the serverless cache (ElastiCacheProcessingUnits): raise them with modify-serverless-cache.'
            : 'Look at its CPU (CPUUtilization, credits of T nodes), long commands and noisy clients; add nodes or take a larger type.',
          shell`cachectl probe ${spokenAs(one)} --protocol -c 20`,
        ),
      ),
  },
  {
    id: 'R10',
    title: 'this is slow for a cache',
    seat: 'way',
    source: 'Measured: Node tries the other family after 250 ms, drops the first attempt, and reports an empty message',
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) =>
      each(
        addresses,
        ({ attempts }) =>
          attempts.length > 0 && attempts.every(({ outcome, ms }) => outcome === 'connected' && ms > FAR_MS),
      ).map((one) => {
        const ms = Math.round(connectMs(one))
        const node =
          ms > NODE_GIVES_UP_MS
            ? ' Node programs give up on an address of a dual-stack name after 250 ms: --network-family-autoselection-attempt-timeout=1000.'
            : ''
        return warning(
          at(one),
          `Connecting to ${inMidSentence(who(one))} takes ${ms} ms: it is far away, or the way is congested. Within a region it takes 1 to 3 ms.`,
          `Look where the time goes, and put clients into the region of the cache: mtr -T -P ${one.port} ${one.address}.${node}`,
          shell`cachectl probe ${spokenAs(one)} -c 20`,
        )
      }),
  },
]

/** What is done about a node that takes connections and no requests. */
function restart({ place: { cluster, role, speaks } }: AddressEvidence): string {
  if (cluster !== undefined && /^\d+$/.test(role))
    return `Reboot it, which empties it: cachectl reboot-cache-cluster --cache-cluster-id ${shellWord(cluster)} --cache-node-ids-to-reboot ${shellWord(role)}`
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

const LATE_MS = 200
/** No two zones of a region are that far apart, by far; a busy host is not that late with every one of several. */
const FAR_MS = 100
const NODE_GIVES_UP_MS = 250

const connectMs = ({ attempts }: AddressEvidence): number =>
  Math.min(...attempts.flatMap(({ outcome, ms }) => (outcome === 'connected' ? [ms] : [])))

/** The best of two answers: one may be late by chance. */
const replyMs = ({ words, tls, answers }: AddressEvidence): number =>
  Math.min((words?.connected ? words.replyMs : tls?.replyMs) ?? 0, answers?.statsMs ?? Number.POSITIVE_INFINITY)

/** Against the slowest connection: a busy host delays both. */
export const answersLate = (one: AddressEvidence): boolean =>
  replyMs(one) > LATE_MS && replyMs(one) > 3 * slowestConnectMs(one)

const slowestConnectMs = ({ attempts }: AddressEvidence): number =>
  Math.max(...attempts.flatMap(({ outcome, ms }) => (outcome === 'connected' ? [ms] : [])))
