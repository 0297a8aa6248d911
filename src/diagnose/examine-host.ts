import { isIP } from 'node:net'
import { AWS_NAME } from '../api/catalog/host-names.ts'
import { linkedAbort } from '../net/abort.ts'
import { systemClock } from '../net/clock.ts'
import { privateServerOf } from '../net/private-zone.ts'
import {
  type NameServices,
  type ResolvedAddress,
  type ResolvedTarget,
  type ResolveFailure,
  resolveTarget,
  systemNames,
} from '../net/resolve.ts'
import { inHosts } from './candidates.ts'
import { type NameSurvey, surveyName } from './dns-survey.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence, HostEvidence } from './evidence.ts'
import { connects } from './examine-address.ts'
import { explainOrder } from './gai-check.ts'
import type { ChildLookups } from './lookup-process.ts'
import { passed } from './passed.ts'
import { namesTried, serversFor } from './resolv-conf.ts'
import { systemFile, systemResolvConf } from './system-file.ts'

/** For getaddrinfo. Longer than one lost question costs (5 s). */
const PATIENCE_MS = 6000
/** For getaddrinfo, once DNS itself is known to drop questions: it then takes 15 s and tells nothing new. */
const GRACE_MS = 300
/** As glibc's own: what comes later is as good as lost. */
const DNS_PATIENCE_MS = 4500
/** Of a server that has answered other questions: what it is so slow with is as good as dropped. */
const ANSWERING_PATIENCE_MS = 3000
/** After that, addresses are looked at that DNS has told, whatever getaddrinfo comes to. */
const EARLY_MS = 500

/** Everything that name services say of a host: /etc/hosts, each DNS server, getaddrinfo, and the order it sorts by. */
export async function examineHost(
  host: string,
  options: ExamineOptions,
  gaiConf: string,
  lookups: ChildLookups,
  onAddresses: (addresses: readonly ResolvedAddress[]) => void = () => {},
): Promise<HostEvidence> {
  const isName = isIP(host) === 0 && host.toLowerCase() !== 'localhost'
  // What the engine's own name server tells is not asked of this host's files.
  const listed =
    isName && !privateServerOf(host) ? inHosts((await systemFile(options.hostsFile ?? '/etc/hosts')) ?? '', host) : []
  const asksDns = isName && (listed.length === 0 || options.servers !== undefined)
  // A line in /etc/hosts hides what DNS says of an endpoint.
  const compares = AWS_NAME.test(host) || options.places.some((place) => place.host === host && place.cluster)
  const stop = linkedAbort(options.signal)
  const early = asksDns ? addressesEarly(onAddresses, options) : undefined
  const surveying = asksDns || (listed.length > 0 && compares) ? surveyOf(host, options, early?.hear) : undefined
  const limited = surveying?.then((found) => endWhereDropped(found, stop, options))
  const own = options.servers ? undefined : await lookUp(host, options, lookups, stop.signal)
  if (own?.ok) early?.forget()
  const asked = await surveying
  await limited
  stop.release()
  early?.forget()
  const completed = await searched(host, own, asked, options)
  const found = completed?.survey ?? asked
  const answered = found?.views.some(({ a, aaaa }) => a.outcome === 'answered' || aaaa.outcome === 'answered')
  const late = own?.ok === false && answered && (own.problem === 'timeout' || own.problem === 'aborted')
  const lookup =
    (late ? undefined : own) ??
    (await resolveTarget(host, { names: found ? namesOf(found) : systemNames, ...passed(options) }))
  const order =
    lookup.ok && lookup === own
      ? await explainOrder(lookup, {
          path: gaiConf,
          asSorted: options.names !== undefined || privateServerOf(host) !== undefined,
          ...(found && { dns: addressesOfFirst(found) }),
          ports: options.places.flatMap((place) => (place.host === host ? [place.port] : [])),
        })
      : undefined
  return {
    host,
    asksDns,
    listed,
    lookup,
    ...(found && { survey: found }),
    ...(completed && { completedTo: completed.name, unlike: addressesIn(asked) }),
    ...(order && { order }),
  }
}

/** Of the first server that has any: A before AAAA, as glibc has them. */
function addressesOfFirst({ views }: NameSurvey): string[] {
  const view = views.find(({ ipv4, ipv6 }) => ipv4.length + ipv6.length > 0)
  return [...(view?.ipv4 ?? []), ...(view?.ipv6 ?? [])].map(({ address }) => address)
}

/** Hands on what it hears, once getaddrinfo takes long. */
function addressesEarly(
  onAddresses: (addresses: readonly ResolvedAddress[]) => void,
  { clock = systemClock }: ExamineOptions,
) {
  const heard: ResolvedAddress[] = []
  let isSlow = false
  const forget = clock.after(EARLY_MS, () => {
    isSlow = true
    onAddresses(heard)
  })
  return {
    forget,
    hear(addresses: readonly ResolvedAddress[]): void {
      heard.push(...addresses)
      if (isSlow) onAddresses(addresses)
    },
  }
}

/**
 * Where getaddrinfo gives other addresses than DNS has for the name itself: the name that the search list makes of it,
 * and that has them.
 */
async function searched(
  host: string,
  own: ResolvedTarget | ResolveFailure | undefined,
  asked: NameSurvey | undefined,
  options: ExamineOptions,
): Promise<{ readonly name: string; readonly survey: NameSurvey } | undefined> {
  if (!own?.ok || !asked || options.names || host.endsWith('.')) return undefined
  const given = own.addresses.map(({ address }) => address)
  if (addressesIn(asked).some((address) => given.includes(address))) return undefined
  const conf = await systemResolvConf()
  for (const name of namesTried(host, conf)) {
    if (name === host) continue
    const found = await surveyOf(name, options)
    if (addressesIn(found).some((address) => given.includes(address))) return { name, survey: found }
  }
  return undefined
}

/** What all of the servers have, each address once. */
export const addressesIn = (found: NameSurvey | undefined): string[] => [
  ...new Set((found?.views ?? []).flatMap(({ ipv4, ipv6 }) => [...ipv4, ...ipv6].map(({ address }) => address))),
]

/** A name from /etc/hosts where nothing answers: what DNS says of it tells whether the line is to blame. */
export async function compareWithDns(
  host: HostEvidence,
  addresses: readonly AddressEvidence[],
  options: ExamineOptions,
): Promise<HostEvidence> {
  const { listed = [], survey: found } = host
  const works = addresses.some(({ place, attempts }) => place.host === host.host && connects({ attempts }))
  if (listed.length === 0 || found || works) return host
  return { ...host, survey: await surveyOf(host.host, { dnsPatienceMs: HIDDEN_PATIENCE_MS, ...options }) }
}

/** What DNS says of a name that this host does not ask it for: not worth a long wait. */
const HIDDEN_PATIENCE_MS = 1500

/** What each DNS server of this host, or of those that were named, says of a name. */
export const surveyOf = async (
  host: string,
  options: ExamineOptions,
  onAddresses?: (addresses: readonly ResolvedAddress[]) => void,
): Promise<NameSurvey> =>
  surveyName(host, {
    servers: options.servers ?? serversFor(host, await systemResolvConf()),
    tries: 1,
    timeoutMs: options.dnsPatienceMs ?? DNS_PATIENCE_MS,
    answeringTimeoutMs: options.dnsPatienceMs ?? ANSWERING_PATIENCE_MS,
    ...(onAddresses && { onAddresses }),
    ...passed(options),
  })

function lookUp(
  host: string,
  options: ExamineOptions,
  lookups: ChildLookups,
  signal: AbortSignal,
): Promise<ResolvedTarget | ResolveFailure> {
  const names = options.names ?? (isIP(host) === 0 ? lookups(signal) : systemNames)
  return resolveTarget(host, { ...passed(options), names, timeoutMs: PATIENCE_MS, signal })
}

function endWhereDropped(
  { views }: NameSurvey,
  stop: { abort(): void },
  { clock = systemClock }: ExamineOptions,
): void {
  const drops = views.some(({ a, aaaa }) => a.outcome === 'timeout' || aaaa.outcome === 'timeout')
  if (drops) clock.after(GRACE_MS, () => stop.abort())
}

/** The answers of the first server that has any, in the order of DNS: a user who names servers wants to see their answers. */
const namesOf = ({ views }: NameSurvey): NameServices => ({
  ...systemNames,
  lookupAll: async (host) => {
    const view = views.find(({ ipv4, ipv6 }) => ipv4.length + ipv6.length > 0) ?? views[0]
    const addresses = [
      ...(view?.ipv4 ?? []).map(({ address }) => ({ address, family: 4 as const })),
      ...(view?.ipv6 ?? []).map(({ address }) => ({ address, family: 6 as const })),
    ]
    if (addresses.length > 0) return addresses
    const failing =
      view?.a.outcome === 'timeout' || view?.a.outcome === 'server-failure' || view?.a.outcome === 'refused'
    throw Object.assign(new Error(`no address of ${host}`), { code: failing ? 'EAI_AGAIN' : 'ENOTFOUND' })
  },
  dnsError: async (_, family) => {
    const reply = family === 4 ? views[0]?.a : views[0]?.aaaa
    return reply && DNS_CODES[reply.outcome]
  },
})

const DNS_CODES: Readonly<Record<string, string>> = {
  'no-data': 'ENODATA',
  'no-such-name': 'ENOTFOUND',
  'server-failure': 'ESERVFAIL',
  refused: 'EREFUSED',
  timeout: 'ETIMEOUT',
}
