import { causes, judgeEvidence } from '../../../diagnose/causes/index.ts'
import type { AddressEvidence, Evidence } from '../../../diagnose/evidence.ts'
import { lookupPerFamily } from '../../../diagnose/family-lookup.ts'
import { serversFor } from '../../../diagnose/resolv-conf.ts'
import { surveySearched } from '../../../diagnose/search-survey.ts'
import { systemResolvConf } from '../../../diagnose/system-file.ts'
import { linkedAbort } from '../../../net/abort.ts'
import { type Clock, sleep, systemClock } from '../../../net/clock.ts'
import { resolveTarget } from '../../../net/resolve.ts'
import { isNoCache } from '../../caches/find.ts'
import { joinPorts, readPlace } from '../../caches/place.ts'
import { tellUnasked } from '../../caches/refusals.ts'
import { cacheWords } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { time } from '../../flag-kinds.ts'
import { text, toggle } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { type GlobalOptions, globalFlags } from '../../global-flags.ts'
import { endLine, unlessInterrupted, untilInterrupted } from '../../live/interrupt.ts'
import { findingsText } from '../../output/findings.ts'
import type { Style } from '../../output/style.ts'
import { CallFailed, ExitWith, Problem } from '../../problem.ts'
import { forPeople } from '../../terminal.ts'
import { changedFacts, factsOf, isKnownHere, lookText, type NameLook } from './dns-print.ts'
import { type Aim, aimAt, serverFlag } from './places.ts'

const FINDINGS = 1
/** glibc itself waits 15 s and more: too long for a user who watches. */
const GETADDRINFO_TIMEOUT_MS = 5000

export const dns = command({
  summary: 'What each DNS server says of a name: both families, aliases, times, faults',
  description:
    'Asks every server for A and AAAA, follows aliases, shows TTLs and the time of each answer, tells dropped questions from refused ones, goes through the search list as glibc does, and marks addresses that DNS64 made up (RFC 7050). Without --server it also times getaddrinfo here, per family. Names that the local engine gives to endpoints are asked for at its own name server. A cluster id stands for the names of its endpoints; with --cluster the addresses are held against those of its endpoints, so that stale and copied ones are found. Exit code 1: something is wrong.',
  words: {
    name: cacheWords('name to look up, id of a cluster, or name of a serverless cache'),
  },
  flags: {
    ...serverFlag,
    cluster: text({ summary: 'the cluster whose endpoints the addresses should be', helpValue: '<id>' }),
    timeout: time({ summary: 'for one question (default 2s)', otherwise: 2000 }),
    watch: toggle({ summary: 'ask again and again, and show what changes, until Ctrl-C' }),
    interval: time({ summary: 'with --watch: between two looks (default 5s)', otherwise: 5000 }),
    ...globalFlags,
  },
  forms: { note: 'with --watch a document per change' },
  examples: [
    'dns shop.abc123.cfg.use1.cache.amazonaws.com',
    'dns cache.example.com --server 10.0.0.2 1.1.1.1',
    'dns cache.example.com --cluster shop --watch',
  ],
  async run({ words, flags, print }) {
    const { names, aim } = await aimOf(words.name, flags)
    const conf = await systemResolvConf()
    const { server: given, timeout: timeoutMs } = flags
    const asking = { timeoutMs, tries: 1 }
    const look = (interrupted: AbortSignal): Promise<NameLook[]> => {
      const { signal } = linkedAbort(interrupted)
      return Promise.all(
        names.map(async (asked): Promise<NameLook> => {
          const [searched, getaddrinfo] = await Promise.all([
            surveySearched(asked, conf, {
              servers: given.length > 0 ? given : serversFor(asked, conf),
              ...asking,
              signal,
            }),
            given.length > 0 ? undefined : lookupPerFamily(asked, GETADDRINFO_TIMEOUT_MS, signal),
          ])
          return { asked, ...searched, ...(getaddrinfo && { getaddrinfo }) }
        }),
      )
    }
    const shown = (looks: readonly NameLook[], style: Style): string =>
      forPeople(looks)
        .map((each) => lookText(each, conf, style))
        .join('\n')
    if (flags.watch) {
      return untilInterrupted((signal) => watch(() => look(signal), flags.interval, print, shown, signal), endLine)
    }
    const looks = await unlessInterrupted(look)
    const findings = judgeEvidence(
      await evidenceOf(looks, aim),
      causes.filter(({ id }) => /^D/.test(id)),
    )
    const answer = { resolver: conf, findings, surveys: surveysOf(looks) }
    await print.answer(answer, ({ findings: told }, style) =>
      [shown(looks, style), ...(told.length > 0 ? [findingsText(told)] : [])].join('\n'),
    )
    if (findings.some(({ severity }) => severity !== 'note')) throw new ExitWith(FINDINGS)
  },
})

const surveysOf = (looks: readonly NameLook[]) =>
  looks.map(({ survey, asked, ...rest }) => ({ ...survey, asked, ...rest }))

type DnsOptions = GlobalOptions & { readonly cluster?: string | undefined }

const NO_PLACES: Aim = { places: [], clusters: [], trust: new Map() }

/** Names as they are; of clusters the names of their endpoints. Beside them what the API knows of the clusters. */
async function aimOf(spoken: readonly string[], flags: DnsOptions): Promise<{ names: readonly string[]; aim: Aim }> {
  const words = joinPorts(spoken)
  const ids = words.filter(isClusterId)
  const beside = flags.cluster === undefined ? [] : [flags.cluster]
  const plain = words.filter((each) => !ids.includes(each)).map((each) => each.replace(/:\d+$/, ''))
  if (ids.length + beside.length === 0) return { names: plain, aim: NO_PLACES }
  try {
    const aim = await aimAt([...ids, ...beside], flags)
    const own = aim.places.filter(({ cluster }) => cluster !== undefined && ids.includes(cluster))
    return { names: [...new Set([...plain, ...own.map(({ host }) => host)])], aim }
  } catch (error) {
    // A word without a dot may also be a name that the search list completes.
    const unknown = error instanceof CallFailed || (error instanceof Problem && error.kind === 'configuration')
    if (!unknown || beside.length > 0 || (await systemResolvConf()).search.length === 0) throw error
    if (error instanceof CallFailed && !isNoCache(error)) tellUnasked(error)
    return { names: [...new Set(words)], aim: NO_PLACES }
  }
}

const isClusterId = (each: string): boolean => 'cluster' in readPlace(each)

/** The causes that sit in DNS need the surveys, and the addresses of the cluster's endpoints; nothing else was looked at. */
async function evidenceOf(looks: readonly NameLook[], { places, clusters, names }: Aim): Promise<Evidence> {
  const hosts = looks.map(({ survey, asked, getaddrinfo }) => {
    const found = survey.views.flatMap(({ ipv4, ipv6 }) => [
      ...ipv4.map(({ address }) => ({ address, family: 4 as const })),
      ...ipv6.map(({ address }) => ({ address, family: 6 as const })),
    ])
    const common = { target: asked, host: asked, port: 0, ms: 0 }
    const lookup =
      found.length > 0
        ? { ok: true as const, ...common, addresses: found }
        : { ok: false as const, ...common, problem: 'no-data' as const, detail: `${asked} has no address` }
    // Found here and in no DNS: /etc/hosts has it, and what DNS says decides nothing.
    const asksDns = found.length > 0 || !isKnownHere(getaddrinfo)
    return {
      host: survey.name,
      asksDns,
      survey,
      lookup: asksDns
        ? lookup
        : {
            ok: true as const,
            ...common,
            addresses: getaddrinfo?.find(({ family }) => family === 'any')?.addresses ?? [],
          },
    }
  })
  const own = await Promise.all(
    places.map(async (place): Promise<AddressEvidence[]> => {
      const lookup = await resolveTarget(place.host, { ...(names && { names }), timeoutMs: GETADDRINFO_TIMEOUT_MS })
      if (!lookup.ok) return []
      const { port } = place
      return lookup.addresses.map((each) => ({ place, ...each, port, source: { address: '' }, attempts: [] }))
    }),
  )
  const limits = { reservedPorts: 0, sockets: [], java: [] }
  const gai = { path: '', exists: false, remarks: [] }
  return { clusters, missing: [], places, hosts, addresses: own.flat(), discovery: [], gai, limits }
}

async function watch(
  look: () => Promise<NameLook[]>,
  intervalMs: number,
  print: Printer,
  show: (looks: readonly NameLook[], style: Style) => string,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  let before: ReadonlySet<string> | undefined
  while (!signal.aborted) {
    const looks = await look()
    if (signal.aborted) return
    const at = clock.now().toISOString()
    const now = factsOf(looks)
    const changes = before && changedFacts(before, now)
    if (!changes || changes.length > 0) {
      const item = { at, changes: changes ?? [], surveys: surveysOf(looks) }
      const lines = forPeople(changes)?.map((change) => `${at} ${change}`)
      await print.item(item, (_, style) => lines?.join('\n') ?? show(looks, style))
    }
    before = now
    await sleep(clock, intervalMs, signal)
  }
}
