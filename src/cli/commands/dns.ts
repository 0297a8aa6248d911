import { readFileSync } from 'node:fs'
import { linkedAbort } from '../../diagnose/abort.ts'
import { type Clock, sleep, systemClock } from '../../diagnose/clock.ts'
import type { DnsReply } from '../../diagnose/dns-query.ts'
import { type NameSurvey, type ServerView, surveyName } from '../../diagnose/dns-survey.ts'
import type { Evidence } from '../../diagnose/evidence.ts'
import { namesTried, parseResolvConf, type ResolvConf } from '../../diagnose/resolv-conf.ts'
import { resolveTarget } from '../../diagnose/resolve.ts'
import { judgeEvidence, rules } from '../../diagnose/rules/index.ts'
import { endpoint } from '../../diagnose/target.ts'
import { BaseCommand, word } from '../base-command.ts'
import { text, toggle } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { findingsText } from '../output/findings.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { ExitWith } from '../problem.ts'
import { millisecondsOf } from '../seconds.ts'
import { printLine } from '../terminal.ts'
import { aimAt, serverFlag, serversOf } from './diagnose-places.ts'
import { choiceOf } from './engine-flags.ts'

const FINDINGS = 1

export class Dns extends BaseCommand {
  static override summary = 'What each DNS server says of a name: both families, aliases, times, faults'
  static override description =
    'Asks every server for A and AAAA, follows aliases, shows TTLs and the time of each answer, tells dropped questions from refused ones, and marks addresses that DNS64 made up (RFC 7050). A cluster id stands for the names of its endpoints. Exit code 1: something is wrong.'
  static override args = { name: word('name to look up, or cluster id', { required: true }) }
  static override flags = {
    ...serverFlag,
    timeout: text({ summary: 'for one question (default 2s)', helpValue: '<time>' }),
    watch: toggle({ summary: 'ask again and again, and show what changes, until Ctrl-C' }),
    interval: text({ summary: 'with --watch: between two looks (default 5s)', helpValue: '<time>' }),
    ...globalFlags,
  }
  static override examples = [
    'dns shop.abc123.cfg.use1.cache.amazonaws.com',
    'dns cache.example.com --server 10.0.0.2 1.1.1.1',
  ]

  async run(): Promise<void> {
    const { flags, words } = await this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const names = await namesOf(words[0] as string, flags)
    const conf = parseResolvConf(readResolvConf())
    const servers = serversOf(flags) ?? conf.servers
    const timeoutMs = typeof flags.timeout === 'string' ? millisecondsOf('timeout', flags.timeout) : 2000
    const look = (interrupted: AbortSignal) => {
      const { signal } = linkedAbort(interrupted)
      return Promise.all(
        names.map((name) => surveyName(firstTried(name, conf), { servers, timeoutMs, tries: 1, signal })),
      )
    }
    if (flags.watch === true) {
      const interval = typeof flags.interval === 'string' ? millisecondsOf('interval', flags.interval) : 5000
      return untilInterrupted((signal) => watch(() => look(signal), interval, form, signal))
    }
    const surveys = await untilInterrupted(look)
    const findings = judgeEvidence(
      await evidenceOf(surveys),
      rules.filter(({ id }) => /^D/.test(id)),
    )
    if (form === 'json') printLine(JSON.stringify({ resolver: conf, surveys, findings }, null, 4))
    else {
      for (const survey of surveys) printLine(await describe(survey, conf))
      if (findings.length > 0) printLine(findingsText(findings))
    }
    if (findings.some(({ severity }) => severity !== 'note')) throw new ExitWith(FINDINGS)
  }
}

async function namesOf(given: string, flags: FlagValues): Promise<string[]> {
  if (given.includes('.')) return [given.replace(/:\d+$/, '')]
  return [...new Set((await aimAt([given], flags)).places.map(({ host }) => host))]
}

// A name with enough dots is asked as it is; others would be completed from the search list first.
const firstTried = (name: string, conf: ResolvConf): string => namesTried(name, conf)[0] ?? name

function readResolvConf(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    return ''
  }
}

/** The rules about names need no more than this; everything else was not looked at. */
async function evidenceOf(surveys: readonly NameSurvey[]): Promise<Evidence> {
  const hosts = await Promise.all(
    surveys.map(async (survey) => {
      const found = survey.views.some(({ ipv4, ipv6 }) => ipv4.length + ipv6.length > 0)
      const lookup = await resolveTarget(found ? '127.0.0.1' : survey.name, { timeoutMs: 1 })
      return { host: survey.name, asksDns: true, survey, lookup }
    }),
  )
  const limits = { reservedPorts: 0, sockets: [], java: [] }
  return {
    clusters: [],
    places: [],
    hosts,
    addresses: [],
    discovery: [],
    gai: { path: '', exists: false, remarks: [] },
    limits,
  }
}

async function describe({ name, views }: NameSurvey, conf: ResolvConf): Promise<string> {
  const tried = namesTried(name, conf)
  const rows = views.flatMap((view) => [row(view, view.a), row(view, view.aaaa)])
  const [first] = views
  return [
    name,
    ...(tried.length > 1 ? [`glibc tries: ${tried.join(', ')} (ndots:${conf.ndots})`] : []),
    await tableText(['Server', 'Asked for', 'Answer', 'TTL', 'Took'], rows),
    ...(first && first.chain.length > 0
      ? [`Alias: ${[name, ...first.chain.map(({ data, ttl }) => `${data} (${ttl} s)`)].join(' -> ')}`]
      : []),
    ...views.flatMap((view) => (view.nat64 ? [`${serverText(view)} does DNS64 under ${view.nat64.join(', ')}`] : [])),
  ].join('\n')
}

function row(view: ServerView, reply: DnsReply): string[] {
  const addresses = reply.type === 'A' ? view.ipv4 : view.ipv6
  const answer = addresses.map(({ address, translates }) =>
    translates ? `${address} (DNS64 for ${translates})` : address,
  )
  const ttl = addresses.length > 0 ? `${Math.min(...addresses.map((each) => each.ttl))} s` : '-'
  return [
    serverText(view),
    reply.type,
    answer.join('\n') || (reply.code ?? reply.outcome),
    ttl,
    `${reply.ms.toFixed(1)} ms`,
  ]
}

const serverText = ({ server }: ServerView): string => endpoint(server.address, server.port)

async function watch(
  look: () => Promise<NameSurvey[]>,
  intervalMs: number,
  form: 'text' | 'json',
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  let before: string | undefined
  while (!signal.aborted) {
    const surveys = await look()
    if (signal.aborted) return
    const now = surveys.flatMap(changeable).join('\n')
    if (form === 'json' && now !== before) printLine(JSON.stringify(surveys))
    if (form === 'text' && now !== before) printLine(`${clock.now().toISOString()}\n${now}`)
    before = now
    await sleep(clock, intervalMs, signal)
  }
}

const changeable = ({ name, views }: NameSurvey): string[] =>
  views.map((view) => {
    const addresses = [...view.ipv4, ...view.ipv6].map(({ address }) => address).sort()
    const alias = view.chain.map(({ data }) => ` -> ${data}`).join('')
    return `  ${name}${alias} @${serverText(view)}: ${addresses.join(' ') || `A ${view.a.outcome}, AAAA ${view.aaaa.outcome}`}`
  })
