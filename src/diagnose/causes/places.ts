/** Questions that several rules ask of the evidence. */
import { AWS_NAME } from '../../api/catalog/host-names.ts'
import { shell } from '../../api/shell.ts'
import { endpoint, type Family } from '../../net/target.ts'
import type { ConnectAttempt } from '../connect.ts'
import type { AddressEvidence, Evidence, Place } from '../evidence.ts'
import { RESP_LINE } from '../first-words.ts'
import type { Hint } from './cause.ts'

export const isAlive = ({ attempts }: Pick<AddressEvidence, 'attempts'>): boolean =>
  attempts.some(({ outcome }) => outcome === 'connected')

/**
 * Where nothing connected, the attempt that tells most. Routers send few ICMP messages a second: the first attempt
 * hears why, the next ones only silence.
 */
export function telling({ attempts }: AddressEvidence): ConnectAttempt | undefined {
  if (attempts.some(({ outcome }) => outcome === 'connected')) return undefined
  return attempts.find(({ outcome }) => outcome !== 'timeout') ?? attempts[0]
}

/** The other family of the place answers as it should. */
export const servesOtherFamily = ({ addresses }: Evidence, { place, family }: AddressEvidence): boolean =>
  addresses.some((other) => name(other.place) === name(place) && other.family !== family && speaks(other))

export const hasOtherFamily = ({ addresses }: Evidence, { place, family }: AddressEvidence): boolean =>
  addresses.some((other) => name(other.place) === name(place) && other.family !== family && isAlive(other))

/** The first of each family of a place: the rest would say the same. */
export const perPlace = (list: readonly AddressEvidence[]): AddressEvidence[] => {
  const seen = new Set<string>()
  return list.filter(({ place, family }) => {
    const key = `${place.host} ${place.port} ${family satisfies Family}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

export const byPlace = ({ addresses }: Evidence): [Place, AddressEvidence[]][] => {
  const groups = new Map<string, [Place, AddressEvidence[]]>()
  for (const each of addresses) {
    const key = name(each.place)
    const group = groups.get(key) ?? [each.place, []]
    group[1].push(each)
    groups.set(key, group)
  }
  return [...groups.values()]
}

export function socketsPerEndpoint({ addresses, limits }: Evidence): [string, Readonly<Record<string, number>>][] {
  const ends = new Map(addresses.map((each) => [at(each), each]))
  return [...ends].map(([where, { address, port }]) => {
    const states: Record<string, number> = {}
    for (const { remoteAddress, remotePort, state } of limits.sockets) {
      if (remoteAddress === address && remotePort === port) states[state] = (states[state] ?? 0) + 1
    }
    return [where, states]
  })
}

export const name = ({ host, port }: Place): string => endpoint(host, port)
export const at = ({ address, port }: AddressEvidence): string => endpoint(address, port)
/** ss finds an IPv6 address only in brackets. */
export const bracketed = ({ address, family }: AddressEvidence): string => (family === 6 ? `[${address}]` : address)

/** Nodes of one cluster; or places that were all given as such, which are most often that, too. */
export const areSiblings = (a: AddressEvidence, b: AddressEvidence): boolean =>
  isNode(a) && isNode(b) && a.place.cluster === b.place.cluster && nodeOf(a) !== nodeOf(b)

const isNode = ({ place: { cluster, role } }: AddressEvidence): boolean =>
  cluster === undefined ? role === 'given' : /^\d+$/.test(role)

/** What a node is told apart by: a name that is given may stand for several. */
const nodeOf = (one: AddressEvidence): string => (one.place.cluster === undefined ? at(one) : one.place.role)

/** How people know a place: by its part in the cluster. Begins a sentence. */
export const who = (one: AddressEvidence): string => whoIs(one.place, at(one))
export const whoIs = ({ cluster, role, host }: Place, where: string): string => {
  if (cluster === undefined) return where
  const part = `${PARTS[role] ?? `Node ${role}`} of ${cluster}`
  // The name of an endpoint says the same once more, and fills the line.
  return AWS_NAME.test(host) && where.startsWith(host) ? part : `${part} (${where})`
}

const PARTS: Readonly<Record<string, string>> = {
  configuration: 'The configuration endpoint',
  primary: 'The primary endpoint',
  endpoint: 'The endpoint',
  reader: 'The reader endpoint',
}

export const inMidSentence = (text: string): string => text.replace(/^(Node|The) /, (word) => word.toLowerCase())

/** The server is on this host: nothing on the way can drop packets to it. */
export const isHere = ({ source, address }: AddressEvidence): boolean =>
  // Whatever they are sent from: all of 127.0.0.0/8 is, and what means no address.
  /^(127\.|0\.0\.0\.0$|::$)/.test(address) || ('address' in source && source.address === address)

/** Of an address of this host that takes no connection. */
export const QUEUE_FULL = {
  sentence: 'is on this host and does not take connections: its queue is full, and the kernel drops what comes',
  hint: 'The server hangs, accepts too slowly, or has stopped accepting at its limit of connections (memcached -c): look at its process, restart it, or raise the limit.',
}

/** Begins after the name of the first. */
export const andMore = (more: readonly AddressEvidence[]): string =>
  more.length === 0 ? '' : ` and ${more.map(at).join(', ')}`

/** To be pasted into another command: the interface that packets to an address leave by. */
export const deviceTo = ({ address }: AddressEvidence): string =>
  `$(ip -o route get ${address} | grep -oP 'dev \\K\\S+')`

/** Where full-size packets are lost, and nobody is told. */
export const mtuHint = (one: AddressEvidence): Hint => [
  'Let ICMP "fragmentation needed" / "packet too big" pass. Until then, for this host:',
  `ip link set dev ${deviceTo(one)} mtu 1280`,
]

/** Sends packets of full size. */
export const fullSizePing = ({ family, address }: AddressEvidence): string =>
  `ping -M do -c 3 -s ${family === 6 ? 1452 : 1472} ${address}`

/** As a command of ours is to be told of it, word by word: a cluster knows by itself what is spoken there. */
export const spokenAs = (one: AddressEvidence): readonly string[] =>
  one.place.cluster === undefined ? alone(one) : [one.place.cluster]

/** The same, of this place alone: under TLS by its name, which the certificate is for. */
export const alone = (one: AddressEvidence): readonly string[] =>
  one.place.tls ? [name(one.place), '--tls'] : [at(one)]

/** Shows what is spoken there, in plain text and under TLS, and what its certificate is worth. */
export const spokenThere = ({ place }: Pick<AddressEvidence, 'place'>): string => shell`cachectl tls ${name(place)}`

/** Shows whether it takes connections. */
export const tryingIt = (one: AddressEvidence): string => shell`cachectl probe ${at(one)} -c 3`

/** The same machine under several names or roles is told once: as the first of them, a node before an endpoint that leads to it. */
export function each(addresses: readonly AddressEvidence[], is: (one: AddressEvidence) => boolean): AddressEvidence[] {
  const firsts = new Map<string, AddressEvidence>()
  for (const one of addresses.filter(is)) if (!firsts.has(at(one))) firsts.set(at(one), one)
  return [...firsts.values()]
}

/** What is to be there, plain or under TLS, answered a question. */
export const speaks = ({ place, words, tls }: Pick<AddressEvidence, 'place' | 'words' | 'tls'>): boolean =>
  (words?.connected === true && words.speaker === (place.speaks === 'resp' ? 'redis' : 'memcached')) ||
  repliesUnderTls({ place, tls })

/** The server that is to be there answered under TLS. */
export const repliesUnderTls = ({ place, tls }: { place: Place; tls?: AddressEvidence['tls'] | undefined }): boolean =>
  (place.speaks === 'resp' ? RESP_LINE : /^VERSION /).test(tls?.reply ?? '')

/** What is to be there, as people call it. */
export const called = ({ speaks: spoken }: Place): string => (spoken === 'resp' ? 'Redis OSS or Valkey' : 'Memcached')

/** It takes the connection and says nothing, neither in plain text nor under TLS. */
export const isSilent = ({ words, tls }: AddressEvidence): boolean =>
  words?.connected === true && words.speaker === 'silent' && tls?.outcome !== 'established'

/** No attempt is served, and some end in a reset; others may be quick enough to stand for a moment. */
export const resetsConnections = (one: AddressEvidence): boolean =>
  one.attempts.some(({ outcome, local }) => outcome === 'reset' && local !== true) &&
  !speaks(one) &&
  one.tls?.outcome !== 'established' &&
  (one.words?.connected !== true || one.words.speaker === 'closed')

/** A lost SYN is sent again after 1 s (RFC 6298), and again after 2 or 3 s. */
export const SENT_AGAIN_MS = 990
const GIVEN_UP_MS = 4300

/** After 1, 2, 3 and 4 s with newer kernels (tcp_syn_linear_timeouts); other delays are a busy host, not loss. */
const isDue = (ms: number): boolean => ms < 1000 || ms % 1000 < 300

/** It connected at the second or third try. */
export const isSecondTry = (
  { outcome, ms }: ConnectAttempt,
  { sentAgain }: Pick<AddressEvidence, 'sentAgain'>,
): boolean =>
  outcome === 'connected' &&
  ms >= SENT_AGAIN_MS &&
  ms < GIVEN_UP_MS &&
  (sentAgain === undefined ? isDue(ms) : sentAgain > 0)

/** Some host answered that there is no connection. */
export const isTurnedAway = ({ outcome }: ConnectAttempt): boolean => TURNED_AWAY.has(outcome)
const TURNED_AWAY: ReadonlySet<string> = new Set(['refused', 'reset', 'unreachable', 'prohibited'])

/** Handshakes that lost a packet, by the clock, and no more than the kernel had to send again. */
export const lostOf = (one: Pick<AddressEvidence, 'attempts' | 'sentAgain'>): number =>
  Math.min(
    one.attempts.filter((attempt) => attempt.outcome === 'timeout' || isSecondTry(attempt, one)).length,
    one.sentAgain ?? Number.POSITIVE_INFINITY,
  )

/** By the kernel where it was asked: this process may have been busy. */
const connectTimes = ({ attempts }: AddressEvidence): number[] =>
  attempts.flatMap(({ outcome, ms, kernelMs = ms }) => (outcome === 'connected' ? [kernelMs] : []))

export const connectMs = (one: AddressEvidence): number => Math.min(...connectTimes(one))
export const slowestConnectMs = (one: AddressEvidence): number => Math.max(...connectTimes(one))

/** How much of its memory is in use, of 1. */
export function memoryShare({ answers }: AddressEvidence): number {
  const { bytes, limit_maxbytes: limit } = answers?.stats ?? {}
  return bytes !== undefined && limit ? bytes / limit : 0
}

/** The best of two answers: one may be late by chance. */
export const replyMs = (one: AddressEvidence): number =>
  Math.min(shortReplyMs(one), one.answers?.statsMs ?? Number.POSITIVE_INFINITY)

/** Of the first question. */
export const shortReplyMs = (one: AddressEvidence): number => firstReplyMs(one) ?? 0

const firstReplyMs = ({ words, tls }: Pick<AddressEvidence, 'words' | 'tls'>): number | undefined =>
  words?.connected ? words.replyMs : tls?.replyMs

const CLEARLY_SLOWER_MS = 30

interface Times {
  readonly connects: readonly number[]
  readonly replies: readonly number[]
}

/** Of all addresses of a place: the family that is slower, its best and the worst of the other. */
export function slowerFamily(
  own: readonly AddressEvidence[],
): { readonly family: Family; readonly slow: number; readonly fast: number } | undefined {
  const [v4, v6] = ([4, 6] as const).map((family) => timesOf(own.filter((one) => one.family === family)))
  if (!v4 || !v6) return undefined
  const [four, six] = [clearlySlower(v4, v6), clearlySlower(v6, v4)]
  return four ? { family: 4, ...four } : six && { family: 6, ...six }
}

/** Of all addresses of a family; undefined where nothing connects. */
function timesOf(own: readonly AddressEvidence[]): Times | undefined {
  const connects = own.flatMap(connectTimes)
  const replies = own.flatMap((one) => [firstReplyMs(one), one.answers?.statsMs]).flatMap((ms) => ms ?? [])
  return connects.length > 0 ? { connects, replies } : undefined
}

/** The best of one against the worst of the other: a busy host delays now the one and now the other. */
function clearlySlower(a: Times, b: Times): { slow: number; fast: number } | undefined {
  for (const kind of ['connects', 'replies'] as const) {
    if (a[kind].length === 0 || b[kind].length === 0) continue
    const [slow, fast] = [Math.min(...a[kind]), Math.max(...b[kind])]
    if (slow - fast >= CLEARLY_SLOWER_MS && slow >= 2 * fast) return { slow, fast }
  }
  return undefined
}
