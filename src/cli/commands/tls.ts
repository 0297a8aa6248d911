import { linkedAbort } from '../../diagnose/abort.ts'
import type { AddressEvidence, Evidence, Place } from '../../diagnose/evidence.ts'
import { hearFirstWords } from '../../diagnose/first-words.ts'
import { resolveTarget } from '../../diagnose/resolve.ts'
import { judgeEvidence, rules } from '../../diagnose/rules/index.ts'
import { endpoint } from '../../diagnose/target.ts'
import { inspectTls, type SeenCertificate, type TlsView } from '../../diagnose/tls-inspect.ts'
import { BaseCommand, word } from '../base-command.ts'
import { text } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { findingsText } from '../output/findings.ts'
import { tableText } from '../output/table.ts'
import { ExitWith } from '../problem.ts'
import { millisecondsOf } from '../seconds.ts'
import { printLine } from '../terminal.ts'
import { type Aim, aimAt, tlsFlags } from './diagnose-places.ts'
import { choiceOf } from './engine-flags.ts'

const FINDINGS = 1

export class Tls extends BaseCommand {
  static override summary = 'Make a TLS handshake with every node and show what it is worth'
  static override description =
    'Protocol, cipher, key exchange, the chain with its dates and names; whether the chain is trusted and whether the name fits, apart from each other; a plain-text port is named as such, and so is a server that wants a certificate. Exit code 1: a client that verifies would fail.'
  static override args = { where: word('cluster id, or host:port', { required: true, multiple: true }) }
  static override flags = {
    ...(tlsFlags.ca && { ca: tlsFlags.ca }),
    servername: text({ summary: 'the name to ask for and to look for in the certificate', helpValue: '<name>' }),
    timeout: text({ summary: 'for each step of the handshake (default 3s)', helpValue: '<time>' }),
    ...globalFlags,
  }
  static override examples = ['tls shop', 'tls localhost:11211 --ca "$(cachectl engine ca --path)"']

  async run(): Promise<void> {
    const { flags, words } = await this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const timeoutMs = typeof flags.timeout === 'string' ? millisecondsOf('timeout', flags.timeout) : 3000
    const aim = await aimAt(words, flags)
    const name = typeof flags.servername === 'string' ? flags.servername : undefined
    const evidence = await untilInterrupted((signal) => look(aim, name, timeoutMs, linkedAbort(signal).signal))
    const findings = judgeEvidence(
      evidence,
      rules.filter(({ id }) => TLS_RULES.test(id)),
    )
    const views = evidence.addresses.flatMap(({ tls }) => tls ?? [])
    if (form === 'json') printLine(JSON.stringify({ views, findings }, null, 4))
    else {
      for (const [index, view] of views.entries()) printLine(await describe(view, views[index - 1]))
      if (findings.length > 0) printLine(findingsText(findings))
    }
    if (findings.some(({ severity }) => severity !== 'note')) throw new ExitWith(FINDINGS)
  }
}

const TLS_RULES = /^(T\d|D12|R0[45]|S01)/

async function look(aim: Aim, name: string | undefined, timeoutMs: number, signal: AbortSignal): Promise<Evidence> {
  // Whatever the API says: the question here is about TLS.
  const places = aim.places.map((place): Place => ({ ...place, tls: true, host: place.host }))
  const hosts = await Promise.all(
    [...new Set(places.map(({ host }) => host))].map(async (host) => ({
      host,
      asksDns: false,
      lookup: await resolveTarget(host, { ...(aim.names && { names: aim.names }), signal }),
    })),
  )
  const addresses = await Promise.all(
    places.flatMap((place) => {
      const lookup = hosts.find(({ host }) => host === place.host)?.lookup
      return lookup?.ok ? lookup.addresses.map((each) => inspect(place, each, aim, name, timeoutMs, signal)) : []
    }),
  )
  const limits = { reservedPorts: 0, sockets: [], java: [] }
  return {
    clusters: [],
    places,
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
  const asked = { ...place, host: name ?? place.host }
  const ca = aim.trust.get(place.cluster ?? '')?.ca
  const tls = await inspectTls({ address, port, host: asked.host, timeoutMs, signal, ...(ca !== undefined && { ca }) })
  const words = tls.outcome === 'established' ? undefined : await hearFirstWords({ address, port, timeoutMs, signal })
  const outcome = tls.connectMs !== undefined ? 'connected' : words && !words.connected ? words.outcome : 'connected'
  const attempt = { address, family, port, startedAt: '', outcome, ms: tls.connectMs ?? 0 } as const
  return {
    place: asked,
    address,
    family,
    port,
    source: { address: '' },
    attempts: [attempt],
    tls,
    ...(words && { words }),
  }
}

/** A certificate that is the same as the one before is not shown again. */
async function describe(view: TlsView, before: TlsView | undefined): Promise<string> {
  const at = endpoint(view.address, view.port)
  if (view.outcome !== 'established') return `${at}: no TLS (${view.outcome}${view.code ? `, ${view.code}` : ''})`
  const same = before?.chain[0] !== undefined && before.chain[0].fingerprint === view.chain[0]?.fingerprint
  const times = [`connect ${view.connectMs?.toFixed(1)} ms`, `handshake ${view.handshakeMs?.toFixed(1)} ms`]
  if (view.replyMs !== undefined) times.push(`first answer ${view.replyMs.toFixed(1)} ms: ${view.reply}`)
  return [
    `${at}: ${view.protocol}, ${view.cipher}${view.keyExchange ? `, ${view.keyExchange}` : ''}; ${times.join(', ')}`,
    ...(same ? ['The same certificate.'] : [await tableText(HEAD, view.chain.map(certificateRow))]),
    `Chain: ${view.trust?.ok ? 'trusted here' : `NOT trusted here (${view.trust?.code})`}`,
    `Name:  ${view.hostname?.ok ? `fits ${view.host}` : `DOES NOT fit ${view.host}`}`,
    `Client certificate: ${view.wantsClientCertificate ? 'DEMANDED' : 'not demanded'}`,
  ].join('\n')
}

const HEAD = ['Certificate', 'Issued by', 'Valid', 'Days left', 'For']

const certificateRow = ({ subject, issuer, validFrom, validTo, daysLeft, names }: SeenCertificate): string[] => [
  subject,
  issuer,
  `${validFrom.slice(0, 10)} to ${validTo.slice(0, 10)}`,
  String(daysLeft),
  names.join('\n'),
]
