import { readFileSync } from 'node:fs'
import type { AddressEvidence, Evidence } from '../../diagnose/evidence.ts'
import { lookupPerFamily } from '../../diagnose/family-lookup.ts'
import { parseResolvConf } from '../../diagnose/resolv-conf.ts'
import { judgeEvidence, rules } from '../../diagnose/rules/index.ts'
import { surveySearched } from '../../diagnose/search-survey.ts'
import { linkedAbort } from '../../net/abort.ts'
import { type Clock, sleep, systemClock } from '../../net/clock.ts'
import { resolveTarget } from '../../net/resolve.ts'
import { BaseCommand, word } from '../base-command.ts'
import { joinPorts, readPlace } from '../clusters.ts'
import { text, toggle } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { findingsText } from '../output/findings.ts'
import type { FlagValues } from '../parse.ts'
import { CallFailed, ExitWith, Problem } from '../problem.ts'
import { millisecondsOf } from '../seconds.ts'
import { forPeople, printLine } from '../terminal.ts'
import { type Aim, aimAt, serverFlag, serversOf } from './diagnose-places.ts'
import { changedFacts, factsOf, isKnownHere, lookText, type NameLook } from './dns-print.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

const FINDINGS = 1
/** glibc itself waits 15 s and more; nobody who watches does. */
const GETADDRINFO_TIMEOUT_MS = 5000

export class Dns extends BaseCommand {
  static override summary = 'What each DNS server says of a name: both families, aliases, times, faults'
  static override description =
    'Asks every server for A and AAAA, follows aliases, shows TTLs and the time of each answer, tells dropped questions from refused ones, goes through the search list as glibc does, and marks addresses that DNS64 made up (RFC 7050). Without --server it also times getaddrinfo here, per family. A cluster id stands for the names of its endpoints; with --cluster the addresses are held against those of its endpoints, so that stale and copied ones are found. Exit code 1: something is wrong.'
  static override args = {
    name: word('name to look up, id of a cluster, or name of a serverless cache', { required: true, multiple: true }),
  }
  static override flags = {
    ...serverFlag,
    cluster: text({ summary: 'the cluster whose endpoints the addresses should be', helpValue: '<id>' }),
    timeout: text({ summary: 'for one question (default 2s)', helpValue: '<time>' }),
    watch: toggle({ summary: 'ask again and again, and show what changes, until Ctrl-C' }),
    interval: text({ summary: 'with --watch: between two looks (default 5s)', helpValue: '<time>' }),
    ...globalFlags,
    ...outputOf('text (default) or json; with --watch a line per change'),
  }
  static override examples = [
    'dns shop.abc123.cfg.use1.cache.amazonaws.com',
    'dns cache.example.com --server 10.0.0.2 1.1.1.1',
    'dns cache.example.com --cluster shop --watch',
  ]

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const { names, aim } = await aimOf(words, flags)
    const conf = parseResolvConf(readResolvConf())
    const given = serversOf(flags)
    const timeoutMs = typeof flags.timeout === 'string' ? millisecondsOf('timeout', flags.timeout) : 2000
    const asking = { servers: given ?? conf.servers, timeoutMs, tries: 1 }
    const look = (interrupted: AbortSignal): Promise<NameLook[]> => {
      const { signal } = linkedAbort(interrupted)
      return Promise.all(
        names.map(async (asked): Promise<NameLook> => {
          const [searched, getaddrinfo] = await Promise.all([
            surveySearched(asked, conf, { ...asking, signal }),
            given ? undefined : lookupPerFamily(asked, GETADDRINFO_TIMEOUT_MS, signal),
          ])
          return { asked, ...searched, ...(getaddrinfo && { getaddrinfo }) }
        }),
      )
    }
    if (flags.watch === true) {
      const interval = typeof flags.interval === 'string' ? millisecondsOf('interval', flags.interval) : 5000
      const show = (looks: readonly NameLook[]) => Promise.all(forPeople(looks).map((each) => lookText(each, conf)))
      return untilInterrupted((signal) => watch(() => look(signal), interval, form, show, signal))
    }
    const looks = await untilInterrupted(look)
    const findings = judgeEvidence(
      await evidenceOf(looks, aim),
      rules.filter(({ id }) => /^D/.test(id)),
    )
    if (form === 'json') printLine(jsonOf(looks, { resolver: conf, findings }))
    else {
      for (const each of forPeople(looks)) printLine(await lookText(each, conf))
      if (findings.length > 0) printLine(findingsText(forPeople(findings)))
    }
    if (findings.some(({ severity }) => severity !== 'note')) throw new ExitWith(FINDINGS)
  }
}

const jsonOf = (looks: readonly NameLook[], more: object): string =>
  JSON.stringify(
    { ...more, surveys: looks.map(({ survey, asked, ...rest }) => ({ ...survey, asked, ...rest })) },
    null,
    4,
  )

const NO_PLACES: Aim = { places: [], clusters: [], trust: new Map() }

/** Names as they are; of clusters the names of their endpoints. Beside them what the API knows of the clusters. */
async function aimOf(spoken: readonly string[], flags: FlagValues): Promise<{ names: readonly string[]; aim: Aim }> {
  const words = joinPorts(spoken)
  const ids = words.filter(isClusterId)
  const beside = typeof flags.cluster === 'string' ? [flags.cluster] : []
  const plain = words.filter((each) => !ids.includes(each)).map((each) => each.replace(/:\d+$/, ''))
  if (ids.length + beside.length === 0) return { names: plain, aim: NO_PLACES }
  try {
    const aim = await aimAt([...ids, ...beside], flags)
    const own = aim.places.filter(({ cluster }) => cluster !== undefined && ids.includes(cluster))
    return { names: [...new Set([...plain, ...own.map(({ host }) => host)])], aim }
  } catch (error) {
    // A word without a dot may also be a name that the search list completes.
    const unknown = error instanceof CallFailed || (error instanceof Problem && error.kind === 'configuration')
    if (!unknown || beside.length > 0 || parseResolvConf(readResolvConf()).search.length === 0) throw error
    return { names: [...new Set(words)], aim: NO_PLACES }
  }
}

const isClusterId = (each: string): boolean => 'cluster' in readPlace(each)

function readResolvConf(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    return ''
  }
}

/** The rules about names need the surveys, and the addresses of the cluster's endpoints; nothing else was looked at. */
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
  form: 'text' | 'json',
  show: (looks: readonly NameLook[]) => Promise<string[]>,
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
    if (form === 'json' && (!changes || changes.length > 0)) {
      const surveys = looks.map(({ survey, asked, ...rest }) => ({ ...survey, asked, ...rest }))
      printLine(JSON.stringify({ at, changes: changes ?? [], surveys }))
    }
    if (form === 'text') {
      if (!changes) for (const text of await show(looks)) printLine(text)
      else for (const change of forPeople(changes)) printLine(`${at} ${change}`)
    }
    before = now
    await sleep(clock, intervalMs, signal)
  }
}
