/** Who answers, and how well. */
import type { AddressEvidence } from '../evidence.ts'
import { isFamilyTrouble } from './families.ts'
import { losesData } from './path.ts'
import { at, each, inMidSentence, isAlive, resetsConnections, speaks, who } from './places.ts'
import { failure, note, type Rule, warning } from './rule.ts'

const isSpeaker = (speaker: string) => (one: AddressEvidence) =>
  one.words?.connected === true && one.words.speaker === speaker && one.tls?.outcome !== 'established'

export const serviceRules: readonly Rule[] = [
  {
    id: 'S01',
    title: 'something else than Memcached answers',
    stage: 'service',
    source: 'Measured',
    find: ({ addresses }) =>
      each(
        addresses,
        (one) => ['redis', 'http', 'other'].some((speaker) => isSpeaker(speaker)(one)) && !one.place.tls,
      ).map((one) => {
        const words = one.words?.connected ? one.words : undefined
        const who =
          words?.speaker === 'redis'
            ? 'Redis or Valkey'
            : words?.speaker === 'http'
              ? 'A web server'
              : 'Something else than Memcached'
        return failure(
          at(one),
          `${who} answers at ${at(one)}: ${words?.line}`,
          'Check host and port: Memcached is on 11211, Redis and Valkey on 6379.',
          `printf 'version\\r\\n' | nc -w 2 ${one.address} ${one.port}`,
        )
      }),
  },
  {
    id: 'T03',
    title: 'connections are accepted and nothing is ever answered',
    stage: 'service',
    source: 'Measured: a hung server, or a proxy or load balancer without a live target',
    find: (evidence) =>
      each(
        evidence.addresses,
        (one) => isSpeaker('silent')(one) && !losesData(one) && !isFamilyTrouble(evidence, one),
      ).map((one) => {
        const acknowledged = one.words?.connected === true && (one.words.kernel?.ackedBytes ?? 0) > 0
        const how = acknowledged ? 'acknowledges what is sent, and answers nothing' : 'and answers nothing'
        const others = evidence.addresses.some(
          (other) => other.place.cluster !== undefined && other.place.cluster === one.place.cluster && speaks(other),
        )
        return failure(
          at(one),
          `${who(one)} accepts connections${acknowledged ? ',' : ''} ${how}, neither to plain text nor to TLS: it hangs.`,
          others && one.place.role !== 'endpoint' && one.place.role !== 'reader'
            ? `Other nodes answer: reboot this one. cachectl reboot-cache-cluster --cache-cluster-id ${one.place.cluster} --cache-node-ids-to-reboot ${/^\d+$/.test(one.place.role) ? one.place.role : '...'}`
            : 'A hung server, or a proxy or load balancer without a live target: look at what listens there, and reboot it.',
          `printf 'version\\r\\n' | nc -w 2 ${one.address} ${one.port}`,
        )
      }),
  },
  {
    id: 'T10',
    title: 'connections are accepted and closed at once',
    stage: 'service',
    source: 'Measured: a security group of the local engine, a proxy whose target is down, or an access list',
    find: (evidence) =>
      each(
        evidence.addresses,
        (one) =>
          isAlive(one) &&
          one.tls?.outcome !== 'established' &&
          one.tls?.outcome !== 'refused' &&
          !resetsConnections(one) &&
          (isSpeaker('closed')(one) || one.words?.connected === false) &&
          !isFamilyTrouble(evidence, one),
      ).map((one) =>
        failure(
          at(one),
          `${who(one)} accepts connections and closes them at once.`,
          'A security group or access list that does not let this host in, or a proxy whose target is down.',
          `printf 'version\\r\\n' | nc -w 2 ${one.address} ${one.port}`,
        ),
      ),
  },
  {
    id: 'S02',
    title: 'connections are quick, answers are late',
    stage: 'service',
    source: 'User guide, "Best practices": latency; measured: connect against first answer',
    find: ({ addresses }) =>
      each(addresses, (one) => speaks(one) && answersLate(one)).map((one) =>
        warning(
          at(one),
          `${who(one)} connects in ${connectMs(one).toFixed(1)} ms and answers after ${Math.round(replyMs(one))} ms: the node itself is slow.`,
          'Look at its CPU (CPUUtilization, credits of T nodes), long commands and noisy clients; add nodes or take a larger type.',
          `cachectl probe ${at(one)} --protocol -c 20`,
        ),
      ),
  },
  {
    id: 'R10',
    title: 'this is slow for a cache',
    stage: 'path',
    source: 'Measured: Node tries the other family after 250 ms, drops the first attempt, and reports an empty message',
    find: ({ addresses }) =>
      each(
        addresses,
        ({ attempts }) =>
          attempts.length > 0 && attempts.every(({ outcome, ms }) => outcome === 'connected' && ms > 250 && ms < 990),
      ).map((one) =>
        note(
          at(one),
          `Connecting to ${inMidSentence(who(one))} takes ${Math.round(Math.min(...one.attempts.map(({ ms }) => ms)))} ms.`,
          'Node programs give up on an address of a dual-stack name after 250 ms: --network-family-autoselection-attempt-timeout=1000.',
          `cachectl probe ${at(one)}`,
        ),
      ),
  },
]

const LATE_MS = 200

const connectMs = ({ attempts }: AddressEvidence): number =>
  Math.min(...attempts.flatMap(({ outcome, ms }) => (outcome === 'connected' ? [ms] : [])))

/** The best of two answers: one may be late by chance. */
const replyMs = ({ words, tls, answers }: AddressEvidence): number =>
  Math.min((words?.connected ? words.replyMs : tls?.replyMs) ?? 0, answers?.statsMs ?? Number.POSITIVE_INFINITY)

/** Against the slowest connection: a busy host delays both. */
const answersLate = (one: AddressEvidence): boolean =>
  replyMs(one) > LATE_MS && replyMs(one) > 3 * slowestConnectMs(one)

const slowestConnectMs = ({ attempts }: AddressEvidence): number =>
  Math.max(...attempts.flatMap(({ outcome, ms }) => (outcome === 'connected' ? [ms] : [])))
