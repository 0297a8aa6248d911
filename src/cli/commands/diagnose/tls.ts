import { causes, judgeEvidence } from '../../../diagnose/causes/index.ts'
import type { AddressEvidence, Evidence, Place } from '../../../diagnose/evidence.ts'
import { type FirstWords, hearFirstWords, RESP_LINE, RESP_PING } from '../../../diagnose/first-words.ts'
import { inspectTls, type SeenCertificate, type TlsView } from '../../../diagnose/tls-inspect.ts'
import { linkedAbort } from '../../../net/abort.ts'
import { resolveTarget } from '../../../net/resolve.ts'
import { endpoint } from '../../../net/target.ts'
import { cacheWords } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { time } from '../../flag-kinds.ts'
import { text } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { unlessInterrupted } from '../../live/interrupt.ts'
import { findingsText } from '../../output/findings.ts'
import { textInParts } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import type { Style } from '../../output/style.ts'
import { ExitWith } from '../../problem.ts'
import { type Aim, aimAt, tlsFlags } from './places.ts'

const FINDINGS = 1

export const tls = command({
  summary: 'Make a TLS handshake with every node and show what it is worth',
  description:
    'Protocol, cipher, key exchange, the chain with its dates and names; whether the chain is trusted and whether the name fits, apart from each other; what a client that speaks plain text meets on the same port; a plain-text port is named as such, a cluster that is TLS and should be plain by its description too, and so is a server that demands a certificate of the client. Exit code 0: a client that verifies gets through everywhere; 1: it would fail somewhere, as on every plain-text port.',
  words: {
    where: cacheWords('id of a cluster, name of a serverless cache, or host:port'),
  },
  flags: {
    ca: tlsFlags.ca,
    servername: text({ summary: 'the name to ask for and to look for in the certificate', helpValue: '<name>' }),
    timeout: time({ summary: 'for each step of the handshake (default 3s)', otherwise: 3000 }),
    ...globalFlags,
  },
  examples: ['tls shop', 'tls localhost:11211 --ca "$(cachectl engine ca --path)"'],
  forms: {},
  async run({ words, flags, print }) {
    const aim = await aimAt(words.where, flags)
    const evidence = await unlessInterrupted((signal) =>
      look(aim, flags.servername, flags.timeout, linkedAbort(signal).signal),
    )
    const findings = judgeEvidence(
      evidence,
      causes.filter(({ id }) => TLS_RULES.test(id)),
    )
    const views = evidence.addresses.flatMap(({ tls: seen, words: said }) =>
      seen && said ? [{ ...seen, plain: said }] : [],
    )
    await print.answer({ views, findings }, async (shown, style) => {
      const each = await Promise.all(shown.views.map((view, index) => describe(view, views[index - 1], style)))
      return [...each, ...(shown.findings.length > 0 ? [findingsText(shown.findings)] : [])].join('\n')
    })
    if (findings.some(({ severity }) => severity !== 'note')) throw new ExitWith(FINDINGS)
  },
})

const TLS_RULES = /^(T\d|D12|R0[45]|S01)/

async function look(aim: Aim, name: string | undefined, timeoutMs: number, signal: AbortSignal): Promise<Evidence> {
  const hosts = await Promise.all(
    [...new Set(aim.places.map(({ host }) => host))].map(async (host) => ({
      host,
      asksDns: false,
      lookup: await resolveTarget(host, { ...(aim.names && { names: aim.names }), signal }),
    })),
  )
  const addresses = await Promise.all(
    aim.places.flatMap((place) => {
      const lookup = hosts.find(({ host }) => host === place.host)?.lookup
      return lookup?.ok ? lookup.addresses.map((each) => inspect(place, each, aim, name, timeoutMs, signal)) : []
    }),
  )
  const places = addresses.map(({ place }) => place)
  const limits = { reservedPorts: 0, sockets: [], java: [] }
  return {
    clusters: [],
    missing: [],
    places: places.length > 0 ? places : aim.places,
    hosts,
    addresses,
    discovery: [],
    gai: { path: '', exists: false, remarks: [] },
    limits,
  }
}

async function inspect(
  place: Place,
  { address, family }: Pick<AddressEvidence, 'address' | 'family'>,
  aim: Aim,
  name: string | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AddressEvidence> {
  const { port } = place
  const host = name ?? place.host
  const ca = aim.trust.get(place.cluster ?? '')?.ca
  const dial = { address, port, timeoutMs, signal }
  const speak = async (question?: Buffer) => {
    const to = { ...dial, ...(question && { question }) }
    return { tls: await inspectTls({ ...to, host, ...(ca !== undefined && { ca }) }), words: await hearFirstWords(to) }
  }
  const first = await speak(place.speaks === 'resp' ? RESP_PING : undefined)
  // What the API does not tell of: `version` is no command there, and its refusal says what is.
  const isResp = RESP_LINE.test(first.tls.reply ?? '') || (first.words.connected && first.words.speaker === 'redis')
  const { tls, words } = isResp && place.speaks === undefined ? await speak(RESP_PING) : first
  const outcome = tls.connectMs !== undefined || words.connected ? 'connected' : words.outcome
  // The question here is about TLS, so a plain port is a failure, whatever was described. Only a port that does speak
  // TLS, and by the API should not, is held against the API.
  const asked = { ...place, host, tls: place.role === 'given' || place.tls || tls.outcome !== 'established' }
  const attempt = { address, family, port, startedAt: '', outcome, ms: tls.connectMs ?? 0 } as const
  return {
    place: asked,
    address,
    family,
    port,
    source: { address: '' },
    attempts: [attempt],
    tls,
    words,
  }
}

/** JSON-able: the handshake, and beside it what a client that speaks plain text meets. */
type Seen = TlsView & { readonly plain: FirstWords }

/** A certificate that is the same as the one before is not shown again. */
async function describe(view: Seen, before: Seen | undefined, style: Style): Promise<string> {
  const at = endpoint(view.address, view.port)
  const [first] = view.chain
  const same = first !== undefined && before?.chain[0]?.fingerprint === first.fingerprint
  const chain =
    view.chain.length === 0 ? [] : [same ? 'The same certificate.' : textInParts(COLUMNS, 1, view.chain, style)]
  const client = `Client certificate: ${view.wantsClientCertificate ? 'DEMANDED' : 'not demanded'}`
  if (view.outcome !== 'established') {
    const why = `${NO_TLS[view.outcome]}${view.code ? ` (${view.code})` : ''}`
    return [
      `${at}: NO TLS: ${why}`,
      ...chain,
      ...(view.wantsClientCertificate ? [client] : []),
      plainText(view.plain),
    ].join('\n')
  }
  const times = [`connect ${view.connectMs?.toFixed(1)} ms`, `handshake ${view.handshakeMs?.toFixed(1)} ms`]
  if (view.replyMs !== undefined) times.push(`first answer ${view.replyMs.toFixed(1)} ms: ${view.reply}`)
  return [
    `${at}: ${view.protocol}, ${view.cipher}${view.keyExchange ? `, ${view.keyExchange}` : ''}; ${times.join(', ')}`,
    ...chain,
    `Chain: ${view.trust?.ok ? 'trusted here' : `NOT trusted here (${view.trust?.code})`}`,
    `Name:  ${view.hostname?.ok ? `fits ${view.host}` : `DOES NOT fit ${view.host}`}`,
    client,
    plainText(view.plain),
  ].join('\n')
}

const NO_TLS: Readonly<Record<TlsView['outcome'], string>> = {
  established: '',
  'plain-text': 'the port answers in plain text',
  silent: 'connected, and the handshake is not answered',
  closed: 'the server hangs up on the handshake',
  refused: 'the server refuses the handshake',
  'not-connected': 'no connection',
}

/** The other direction: what a client without TLS sees. */
function plainText(words: FirstWords): string {
  if (!words.connected) return `Plain text: no connection (${words.outcome})`
  const said: Readonly<Record<string, string>> = {
    closed: 'hung up on',
    silent: 'never answered',
    tls: 'answered with a TLS alert',
  }
  return `Plain text: ${said[words.speaker] ?? `answered: ${words.line}`}`
}

/** What is told of each first: the rest stands below where there is no room. */
const COLUMNS: readonly Column<SeenCertificate>[] = [
  { head: 'Certificate', of: 'subject', long: true },
  { head: 'For', of: ({ names }) => names.join('\n'), long: true },
  { head: 'Valid', of: ({ validFrom, validTo }) => `${validFrom.slice(0, 10)} to ${validTo.slice(0, 10)}` },
  { head: 'Days left', of: 'daysLeft' },
  { head: 'Issued by', of: 'issuer' },
]
