import { memcached } from '../api/catalog/engines.ts'
import { type AskFailure, type AskOptions, askNode } from '../discovery/ask.ts'
import { endpoint } from '../net/target.ts'
import { type FirstWords, hearFirstWords } from './first-words.ts'
import { inspectTls, type TlsView } from './tls-inspect.ts'

/** What a port turned out to be that gave no list of nodes when it was asked for one. JSON-able. */
export interface EndpointKind {
  /** The port that was asked, as typed, and of a name the address. */
  readonly where: string
  readonly kind: /** It has a list, and was asked the wrong way: in plain text instead of TLS, or the reverse. */
    | 'elasticache'
    /** It knows the question for the list, and holds none. */
    | 'no-list'
    /** Memcached's other commands are answered, the question for the list is not. */
    | 'list-unanswered'
    | 'memcached'
    /** Memcached's other commands pass, and Auto Discovery's ends the connection. */
    | 'memcached-proxy'
    | 'redis'
    | 'http'
    | 'full'
    | 'silent'
    | 'closes'
    | 'unknown'
    | 'not-connected'
  /** It speaks TLS; `kind` is what answers inside. */
  readonly tls: boolean
  /** What it is, without a full stop. */
  readonly sentence: string
  readonly hint: string
}

type Manner = Pick<AskOptions, 'tls' | 'protocol' | 'legacy' | 'signal'>

/** How the question for the list ended. */
type Asked = 'refused' | 'closed' | 'unanswered' | 'unstored'

/** Where that leaves open what listens there. */
const STRANGE: Readonly<Partial<Record<AskFailure['kind'], Asked>>> = {
  'not-a-cache': 'refused',
  'no-discovery': 'refused',
  reset: 'closed',
  tls: 'refused',
  timeout: 'unanswered',
}

/**
 * What listens there, when it was asked for a cluster's list and gave none: asks again the other way (TLS or not), then says
 * `version` in plain text, and in TLS when plain text is not understood. Undefined where the failure is no riddle: no
 * connection, an empty list, a certificate that is not trusted. Never rejects.
 */
export async function identifyEndpoint(failure: AskFailure, manner: Manner = {}): Promise<EndpointKind | undefined> {
  const { host, port, address, phase, kind, code = '', problem, form } = failure
  const asked = problem === 'nothing-stored' && form === 'config' ? 'unstored' : STRANGE[kind]
  if (!asked || !address || phase === 'connect' || phase === 'resolve') return undefined
  if (problem === 'no-nodes' || problem === 'truncated' || /CERT|SIGNATURE|ALTNAME/.test(code)) return undefined
  const { tls, ...how } = manner
  // Another address of the name may be another matter.
  const where = address === host ? endpoint(host, port) : `${endpoint(host, port)} (${address})`
  if (kind !== 'not-a-cache' && kind !== 'no-discovery') {
    const other = await askNode({ host: address, port, ...how, ...(!tls && { tls: { verify: false } }) })
    if (other.ok) return { where, ...known('elasticache', !tls, 'an ElastiCache endpoint') }
  }
  const dial = { address, port, host, ...(manner.signal && { signal: manner.signal }), ...(tls?.ca && { ca: tls.ca }) }
  const words = await hearFirstWords(dial)
  if (!words.connected) return { where, ...known('not-connected', false, `closed by now (${words.outcome})`) }
  if (!MAY_BE_TLS.has(words.speaker)) return { where, ...inPlainText(words, asked) }
  const view = await inspectTls(dial)
  return { where, ...(view.outcome === 'established' ? insideTls(view, asked) : inPlainText(words, asked)) }
}

type Known = Omit<EndpointKind, 'where'>

const MAY_BE_TLS: ReadonlySet<string> = new Set(['tls', 'closed', 'silent', 'other'])

function inPlainText({ speaker, line }: Extract<FirstWords, { connected: true }>, asked: Asked): Known {
  switch (speaker) {
    case 'memcached':
      return asMemcached(line, asked, false)
    case 'redis':
      return known('redis', false, 'Redis or Valkey')
    case 'http':
      return known('http', false, `a web server (${line})`)
    case 'full':
      return known('full', false, 'a server without room for another connection')
    case 'silent':
      return known('silent', false, 'something that accepts connections and answers neither plain text nor TLS')
    case 'closed':
      return known('closes', false, 'something that accepts connections and closes them at once')
    case 'tls':
      return known('unknown', true, 'a TLS server whose handshake fails')
    case 'memcached-binary':
      return known('memcached', false, 'Memcached that speaks the binary protocol only')
    case 'memcached-error':
    case 'other':
      return known('unknown', false, line === '' ? 'something that is not Memcached' : `something that says ${line}`)
  }
}

const MEMCACHED: Readonly<Record<Asked, readonly [kind: EndpointKind['kind'], what: string]>> = {
  refused: ['memcached', ' without Auto Discovery'],
  closed: ['memcached-proxy', ', by a proxy that ends connections that ask for a list'],
  unanswered: ['list-unanswered', ', and never answers when it is asked for a list'],
  unstored: ['no-list', ' that knows Auto Discovery and holds no list'],
}

function asMemcached(line: string, asked: Asked, tls: boolean): Known {
  const [kind, what] = MEMCACHED[asked]
  return known(kind, tls, `${memcachedOf(line)}${what}`)
}

function insideTls({ reply = '', wantsClientCertificate }: TlsView, asked: Asked): Known {
  if (wantsClientCertificate) return known('unknown', true, 'a TLS server that demands a certificate of the client')
  if (/^VERSION /.test(reply)) return asMemcached(reply, asked, true)
  if (/^(-[A-Z]+ |\+|\$|\*)/.test(reply)) return known('redis', true, 'Redis or Valkey')
  if (/^HTTP\//.test(reply)) return known('http', true, `a web server (${reply})`)
  return known(
    'unknown',
    true,
    reply === '' ? 'a TLS server that does not know Memcached' : `something that says ${reply}`,
  )
}

const memcachedOf = (line: string): string => `Memcached ${line.replace(/^VERSION /, '')}`.trim()

const HINTS: Readonly<Record<EndpointKind['kind'], string>> = {
  elasticache: 'It speaks plain text: leave --tls out.',
  memcached: 'Clients must be given its nodes by hand; lists are kept by ElastiCache clusters and the local engine.',
  'no-list': 'A client may have deleted it (config delete cluster), or it was never set; ElastiCache puts it back.',
  'list-unanswered': 'It hangs at this one command, or a proxy swallows it: ask a node of the cluster itself.',
  'memcached-proxy': 'Ask the cluster itself, past the proxy.',
  redis: `Auto Discovery is for Memcached clusters, whose configuration endpoint is on ${memcached.port}: cachectl endpoints. What nodes of a replication group know of each other: cachectl discover <id of the group>`,
  http: `Check host and port: a configuration endpoint is on ${memcached.port}.`,
  full: 'Its connection limit is reached: cachectl connections',
  silent: 'A proxy or load balancer without a live target, or a hung server.',
  closes: 'A proxy whose target is down, or an access list of the server.',
  unknown: `Check host and port: a configuration endpoint is on ${memcached.port}.`,
  'not-connected': 'See whether it can be reached at all: cachectl probe',
}

const known = (kind: EndpointKind['kind'], tls: boolean, what: string): Known => ({
  kind,
  tls,
  sentence: tls ? `${what}, behind TLS` : what,
  hint: tls && kind === 'elasticache' ? 'Ask it over TLS: --tls' : HINTS[kind],
})
