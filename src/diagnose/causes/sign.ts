/** Signs: what was seen and is not so where all is well. Facts, each at one place; none says why. */
import type { AddressEvidence } from '../evidence.ts'

/**
 * How seldom a sign shows with nothing known behind it. `broken`: clients fail there. `impaired`: they are served, and
 * badly. `odd`: it is so on many hosts that are well.
 */
const LEAKS = { broken: 1e-6, impaired: 1e-4, odd: 1e-2 } as const

/** What can be seen, and how grave it is. */
const SIGN_KINDS = {
  // At an address: nothing was sent.
  'no-port': 'broken',
  'no-descriptor': 'broken',
  'no-way': 'broken',
  'one-family-only': 'odd',
  'not-sent': 'broken',
  // At an address: nothing connects.
  timeout: 'broken',
  refused: 'broken',
  rejected: 'broken',
  expired: 'broken',
  'no-neighbour': 'broken',
  reset: 'broken',
  // At an address: it connects, and no service comes of it.
  closed: 'broken',
  silent: 'broken',
  unacknowledged: 'broken',
  full: 'broken',
  stranger: 'broken',
  'errors-only': 'broken',
  'binary-only': 'broken',
  'tls-only': 'broken',
  'plain-only': 'broken',
  'tls-refused': 'broken',
  'wants-certificate': 'broken',
  untrusted: 'broken',
  'out-of-date': 'broken',
  'wrong-name': 'broken',
  'mute-under-tls': 'broken',
  stalls: 'broken',
  // At an address: it serves, and badly.
  'handshake-stalls': 'broken',
  'first-few-only': 'impaired',
  'lost-at-times': 'impaired',
  narrow: 'impaired',
  queues: 'impaired',
  late: 'impaired',
  far: 'impaired',
  'one-family-slow': 'impaired',
  // Of packets to an address, inside this host.
  'never-left': 'broken',
  'never-delivered': 'broken',
  'wrong-way': 'broken',
  'answered-here': 'broken',
  'lost-inside': 'broken',
  'gateway-silent': 'broken',
  'source-matters': 'broken',
  'own-address': 'broken',
  // At an address: the first answer comes, and what clients ask then is not served as it should be.
  'mute-on-data': 'broken',
  'cut-off': 'broken',
  'answers-lost': 'broken',
  'some-fail': 'broken',
  'late-on-data': 'impaired',
  uneven: 'impaired',
  farther: 'impaired',
  // In the numbers of a node, by themselves or beside those of its cluster's other nodes.
  'no-memory': 'broken',
  'stores-refused': 'impaired',
  'too-large': 'impaired',
  'turns-away': 'impaired',
  yields: 'impaired',
  emptied: 'impaired',
  hot: 'impaired',
  'short-connections': 'impaired',
  evicting: 'impaired',
  // Of values of ours, where writing is allowed.
  'write-refused': 'broken',
  'large-refused': 'impaired',
  'value-lost': 'broken',
  // In the programs of this host: those that listen at a place, and those that are connected to it.
  'listener-held': 'broken',
  'listener-other': 'impaired',
  'other-version': 'odd',
  'files-used-up': 'broken',
  'few-files': 'impaired',
  'holds-dead': 'impaired',
  // In the sockets of this host, at the address they lead to.
  'few-ports': 'impaired',
  churn: 'impaired',
  // Of the API, at its URL, and of the engine behind it.
  'api-out': 'broken',
  'api-refuses': 'broken',
  'engine-held': 'broken',
  'engine-gone': 'broken',
  'engine-starting': 'broken',
  'clock-off': 'impaired',
  // Of a cluster, and of one of its nodes, by the API.
  missing: 'broken',
  'not-available': 'broken',
  'subnets-without-family': 'impaired',
  'in-change': 'impaired',
  'node-not-available': 'impaired',
  'node-in-change': 'impaired',
  // Of a name.
  'lookup-failed': 'broken',
  'unknown-name': 'broken',
  'no-address': 'broken',
  'no-server': 'broken',
  'no-answer-for-a': 'broken',
  'no-answer-for-aaaa': 'broken',
  'failing-family': 'impaired',
  'family-missing': 'impaired',
  'family-not-here': 'impaired',
  'late-dns': 'impaired',
  'long-answers-lost': 'broken',
  'other-cluster': 'broken',
  'other-name': 'broken',
  'no-real-address': 'broken',
  'broken-alias': 'broken',
  'any-name': 'impaired',
  'servers-differ': 'impaired',
  'alias-without-cfg': 'impaired',
  'alias-of-node': 'impaired',
  pinned: 'impaired',
  'old-address': 'broken',
  'old-primary': 'broken',
  // In the lists of nodes.
  'no-list': 'broken',
  'bad-list': 'broken',
  'list-unanswered': 'broken',
  'listed-dead': 'broken',
  'listed-old': 'broken',
  'lists-differ': 'impaired',
  'list-unlike-api': 'impaired',
  'listed-twice': 'impaired',
  'list-of-other-family': 'impaired',
  // In what servers of Redis OSS and Valkey tell.
  'login-refused': 'broken',
  'held-by-script': 'broken',
  'primary-unclear': 'broken',
  'replica-stale': 'broken',
  'replica-written': 'broken',
  'not-of-cluster-mode': 'broken',
  'announced-dead': 'broken',
  'logins-fail': 'broken',
  'permission-lacking': 'broken',
  'no-room': 'broken',
  'evicting-keys': 'impaired',
  'slow-commands': 'impaired',
  'output-waits': 'impaired',
  monitored: 'impaired',
  'other-database': 'broken',
} as const satisfies Readonly<Record<string, keyof typeof LEAKS>>

export type SignKind = keyof typeof SIGN_KINDS

/** What shows at the address of a node that is not there, or does not work. */
export const OUT = [
  'timeout',
  'refused',
  'rejected',
  'no-neighbour',
  'reset',
  'closed',
  'silent',
  'unacknowledged',
] as const satisfies readonly SignKind[]

/** One thing seen at one place. JSON-able. */
export interface Sign {
  readonly kind: SignKind
  /** Where it was seen: an address with its port, a name, a DNS server, the id of a cluster, `this host`. */
  readonly at: string
  /** For people, one line: it may be told alone, and under what caused it. */
  readonly sentence: string
  /** Where it is graver, or less grave, than others of its kind. */
  readonly gravity?: keyof typeof LEAKS
  /** What it was seen at. */
  readonly address?: AddressEvidence
}

/** What a sign is told apart by. */
export const keyOf = ({ kind, at }: Sign): string => `${kind} ${at}`

/** Clients fail there. */
export const isBroken = ({ kind, gravity = SIGN_KINDS[kind] }: Sign): boolean => gravity === 'broken'

/** The chance that it shows without any cause, of 1. */
export const leakOf = ({ kind, gravity = SIGN_KINDS[kind] }: Sign): number => LEAKS[gravity]
