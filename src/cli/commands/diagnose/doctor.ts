import { writeFileSync } from 'node:fs'
import { arch, hostname, release, type } from 'node:os'
import { memcached } from '../../../api/catalog/engines.ts'
import { errorMessage } from '../../../api/thrown.ts'
import {
  type Cause,
  causeOf,
  causes,
  judgeEvidence,
  practiceCauses,
  signTold,
  verdictOf,
} from '../../../diagnose/causes/index.ts'
import { isBroken } from '../../../diagnose/causes/sign.ts'
import { forThisHost } from '../../../diagnose/commands-here.ts'
import { examine } from '../../../diagnose/doctor.ts'
import { NO_COURSE, nextLook } from '../../../diagnose/episodes.ts'
import type { Evidence } from '../../../diagnose/evidence.ts'
import type { Finding } from '../../../diagnose/finding.ts'
import { isAsGrave, junitText, SEVERITIES } from '../../../diagnose/junit.ts'
import { glibcVersion } from '../../../diagnose/libc.ts'
import { reportPage } from '../../../diagnose/report-page.ts'
import { elapsedMs, sleep, systemClock } from '../../../net/clock.ts'
import { isUnsupported, reasonOf, tellUnasked } from '../../caches/refusals.ts'
import { command } from '../../command.ts'
import { failureOf } from '../../failure.ts'
import { time } from '../../flag-kinds.ts'
import { choice, type Flags, text, texts, toggle, type ValuesOf } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { globalFlags } from '../../global-flags.ts'
import { commandText } from '../../help/command-text.ts'
import { isInstalled } from '../../installed.ts'
import { endLine, unlessInterrupted, untilInterrupted } from '../../live/interrupt.ts'
import { startProgress } from '../../live/progress.ts'
import { tellOfNewerNode } from '../../newer-node.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { isProblem, verdictText } from '../../output/verdict.ts'
import { watchText } from '../../output/watch.ts'
import { type CallFailed, ExitWith, FailsWith, Problem, usageProblem } from '../../problem.ts'
import { forPeople, tell } from '../../terminal.ts'
import { version } from '../../version.ts'
import { several } from '../../words.ts'
import { fileFlag, fileOf } from '../gai/flags.ts'
import { loginFlags, loginOf } from '../kv/resp/login.ts'
import { decided } from './doctor-decide.ts'
import { lookWithApi } from './doctor-facts.ts'
import { serverFlag, tlsFlags } from './places.ts'

const FINDINGS = 1
const COULD_NOT_RUN = 2
/** Connections per address for the histograms of a report. */
const REPORT_ATTEMPTS = 40

const doctorFlags = {
  only: texts({ summary: 'judge by these rules only', helpValue: '<rule>...' }),
  skip: texts({ summary: 'leave these rules out', helpValue: '<rule>...' }),
  report: text({ summary: 'write a page for people who were not there', helpValue: '<file.html>' }),
  'list-rules': toggle({ summary: 'print the rules and end' }),
  all: toggle({ summary: 'tell everything that was seen' }),
  practices: toggle({ summary: 'tell of good practice, too' }),
  watch: toggle({ summary: 'look again and again until Ctrl-C; tell what begins and what is over' }),
  interval: time({ summary: 'with --watch: between two looks (default 5s)', helpValue: '<time>', otherwise: 5000 }),
  explain: text({ summary: 'print what a rule looks for and end', helpValue: '<rule>' }),
  'fail-on': choice(SEVERITIES, {
    summary: 'the least that makes the exit code 1: failure, warning (default) or note',
    helpValue: '<severity>',
    otherwise: 'warning',
  }),
  evidence: toggle({ summary: 'with --output json: all that was seen, too' }),
  timeout: time({ summary: 'for one connection (default 3.5s)', helpValue: '<time>' }),
  'write-probe': toggle({ summary: 'also store, read and delete a key of ours on each node (expires in 60 s)' }),
  patient: toggle({ summary: 'wait longer for what does not answer; otherwise 10 s at most in all' }),
  ...tlsFlags,
  user: loginFlags.user,
  'password-file': loginFlags['password-file'],
  ...serverFlag,
  ...fileFlag,
  ...globalFlags,
} satisfies Flags

type DoctorFlags = ValuesOf<typeof doctorFlags>

export const doctor = command({
  summary: 'Look at everything between this host and a cluster, and name the cause',
  description:
    'Names, address order, routes, connections over both families, TLS, protocol, discovery, what the API tells and the limits of this host, in parallel; never stops at the first failure. The first line and the last are the cause: the one that explains most of what was seen, or one for each fault. Under it the fix, the command that shows it, the one that tells whether the fix has helped, and what follows from it. --all tells everything, --practices what the guide advises. Without words: every cluster of the target. Describe permissions are enough. --output junit is for CI: a test case for each rule; --fail-on says which findings fail it, and with them the exit code. Exit code 0: healthy; 1: findings; 2: it could not run (no engine, no permission, no such rule or place); 252: a wrong option.',
  words: {
    where: several('id of a cluster, name of a serverless cache, or host:port'),
  },
  flags: doctorFlags,
  examples: [
    'doctor shop',
    'doctor cache.example.com:11211 --tls',
    'doctor shop --report report.html',
    'doctor shop --watch',
    'doctor --explain D02',
    'doctor --fail-on failure --output junit > doctor.xml',
  ],
  forms: { own: ['junit'], note: 'with --watch a document per change' },
  async run({ words, flags, print }) {
    try {
      await diagnosis(words.where, flags, print)
    } catch (error) {
      if (error instanceof ExitWith || (error instanceof Problem && error.kind === 'interrupted')) throw error
      throw new FailsWith(COULD_NOT_RUN, error)
    }
  },
})

async function diagnosis(spoken: readonly string[], flags: DoctorFlags, print: Printer<'junit'>): Promise<void> {
  // Neither ids nor host names have commas.
  const words = spoken.flatMap((word) => word.split(/,(?=.)/))
  const other = (['list-rules', 'explain', 'watch'] as const).find((name) => flags[name])
  if (print.form === 'junit' && other) throw usageProblem(`argument --output: junit is not allowed with --${other}`)
  if (flags['list-rules']) return print.answer([...causes, ...practiceCauses].map(plain), rulesText, NO_JUNIT)
  if (flags.explain !== undefined) return print.answer(plain(knownRule(flags.explain)), explain, NO_JUNIT)
  if (print.form === 'readable') tellOfNewerNode()
  if (flags.watch) return watch(words, flags, print)
  const { evidence, notAsked, rules, ...verdict } = await judged(words, flags)
  const answer = { ...answerOf(verdict), notAsked, ...(flags.evidence && { evidence }) }
  const readable = (shown: typeof answer, style: Style) =>
    verdictText(
      {
        ...shown,
        unclear: verdict.unclear,
        places: placesTable(forPeople(evidence), style),
        notAsked: evidence.api?.refused.map(({ operation, code }) => `${operation} (${code})`) ?? [],
      },
      flags,
      style,
    )
  const junit = ({ findings, practices, unexplained }: typeof answer) =>
    junitText(
      {
        name: commandText(['doctor', ...words]),
        rules,
        findings: counted({ findings, practices }, flags),
        unexplained: verdict.unclear ? unexplained : undefined,
      },
      flags['fail-on'],
    )
  await print.answer(answer, readable, { junit })
  if (flags.report !== undefined) writeReport(flags.report, words, { evidence, ...verdict })
  const code = codeOf(verdict, evidence, flags)
  if (code !== undefined) throw new ExitWith(code)
}

/** Answers that are no verdict have no JUnit. */
const NO_JUNIT = { junit: () => '' }

/** Findings that may make it fail: good practice is among them where it is told. */
const counted = ({ findings, practices }: Pick<Judged, 'findings' | 'practices'>, flags: DoctorFlags) => [
  ...findings,
  ...(flags.practices ? practices : []),
]

/** What a look comes to. */
interface Judged {
  readonly findings: readonly Finding[]
  readonly unexplained: NonNullable<Finding['explains']>
  /** No cause, and something is broken. */
  readonly unclear: boolean
  readonly practices: readonly Finding[]
}

async function judged(words: readonly string[], flags: DoctorFlags, signal?: AbortSignal, told?: Set<string>) {
  const [which, practice] = [rulesOf(causes, flags), rulesOf(practiceCauses, flags)]
  const { evidence, notAsked } = await look(words, flags, signal, told)
  const { findings, unexplained } = verdictOf(evidence, which)
  const again = commandText(['doctor', ...words])
  // Rules that were left out would have explained it.
  const unclear = which.length === causes.length && !findings.some(isProblem) && unexplained.some(isBroken)
  return {
    evidence,
    notAsked,
    rules: [...which, ...(flags.practices ? practice : [])],
    findings: await decided(
      findings.map((finding) =>
        forThisHost(isProblem(finding) ? { check: again, ...finding } : finding, isInstalled, again),
      ),
    ),
    unexplained: unexplained.map(signTold),
    unclear,
    practices: judgeEvidence(nodeBased(evidence), practice),
  }
}

function answerOf({ unclear, ...verdict }: Judged) {
  const cause = verdict.findings.find(isProblem)
  return { healthy: !cause && !unclear, cause: cause ?? null, ...verdict }
}

/** Undefined: healthy. */
function codeOf(verdict: Judged, evidence: Evidence, flags: DoctorFlags): number | undefined {
  const isGrave = (finding: Finding) => isAsGrave(finding, flags['fail-on'])
  if (!verdict.unclear && !counted(verdict, flags).some(isGrave)) return undefined
  return isNowhere(evidence) ? COULD_NOT_RUN : FINDINGS
}

/** Looks again and again; tells what begins, and what is over: since when, and in how many looks. */
const watch = (words: readonly string[], flags: DoctorFlags, print: Printer<'junit'>): Promise<void> =>
  untilInterrupted(async (signal) => {
    let course = NO_COURSE
    const told = new Set<string>()
    let code: number | undefined
    while (!signal.aborted) {
      const { evidence, notAsked: _, ...verdict } = await judged(words, flags, signal, told)
      if (signal.aborted) break
      code = codeOf(verdict, evidence, flags)
      const at = systemClock.now().toISOString()
      const next = nextLook(course, at, verdict.findings)
      if (next.changes.length > 0 || course.looks === 0) {
        const { healthy } = answerOf(verdict)
        const item = { at, healthy, looks: next.course.looks, changes: next.changes }
        await print.item(item, (shown, style) => watchText(shown, style), NO_JUNIT)
      }
      course = next.course
      await sleep(systemClock, flags.interval, signal)
      // During a look the line that turns takes its line away itself.
      if (signal.aborted) endLine()
    }
    if (code !== undefined) throw new ExitWith(code)
  })

/** A verdict in ten seconds, the program's own start and end included: what hangs is told as the cause. */
const USUAL = { limitMs: 9_200, api: { patienceMs: 4_000, totalMs: 7_500 }, look: {} }
/** With --patient: as long as any command waits for the API, and for what is far away or very busy. */
const PATIENT = {
  limitMs: undefined,
  api: { patienceMs: 60_000, totalMs: 600_000 },
  look: { timeoutMs: 10_000, patienceMs: 8_000, latePatienceMs: 20_000, dnsPatienceMs: 15_000 },
}
/** However long the API took. */
const LEAST_LOOK_MS = 1_500

/** A question to the API that got no answer. */
interface NotAsked {
  readonly operation: string
  readonly code: string
  readonly message: string
}

async function look(
  words: readonly string[],
  flags: DoctorFlags,
  outer?: AbortSignal,
  told = new Set<string>(),
): Promise<{ evidence: Evidence; notAsked: readonly NotAsked[] }> {
  const { server: servers, timeout: timeoutMs } = flags
  const times = flags.patient ? PATIENT : USUAL
  const login = await loginOf(flags)
  const start = systemClock.monotonicMs()
  const progress = startProgress('asking the API')
  const unasked: CallFailed[] = []
  try {
    const evidence = await lookWithApi(words, {
      flags,
      note: (error) => unasked.push(error),
      ...times.api,
      look: (aim) => {
        const { limitMs } = times
        const left = limitMs && { limitMs: Math.max(LEAST_LOOK_MS, limitMs - elapsedMs(systemClock, start)) }
        const examining = (signal: AbortSignal) =>
          examine({
            ...aim,
            ...times.look,
            ...left,
            signal,
            login,
            gaiConf: fileOf(flags),
            onStage: (stage) => progress.update(stage),
            ...(flags['write-probe'] && { writeProbe: true }),
            ...(flags.report !== undefined && { attempts: REPORT_ATTEMPTS }),
            ...(servers.length > 0 && { servers }),
            ...(timeoutMs !== undefined && { timeoutMs }),
          })
        return outer ? examining(outer) : unlessInterrupted(examining)
      },
    })
    const notAsked = unasked.filter((error) => !isUnsupported(error)).map(notAskedOf)
    return { evidence, notAsked }
  } finally {
    progress.end()
    for (const error of unasked) {
      const { operation, code } = notAskedOf(error)
      if (!told.has(`${operation} ${code}`)) tellUnasked(error)
      told.add(`${operation} ${code}`)
    }
  }
}

const notAskedOf = (error: CallFailed): NotAsked => ({
  operation: error.operation,
  code: failureOf(error)?.code ?? '',
  message: reasonOf(error),
})

function writeReport(file: string, words: readonly string[], seen: Judged & { evidence: Evidence }): void {
  const { clusters } = seen.evidence
  const subject = words.length > 0 ? words.join(', ') : clusters.map(({ id }) => id).join(', ')
  const environment: [string, string][] = [
    ['Host', hostname()],
    ['System', `${type()} ${release()} ${arch()}`],
    ['C library', glibcVersion() === undefined ? 'not glibc' : `glibc ${glibcVersion()}`],
    ['Programs', `cachectl ${version}, Node.js ${process.versions.node}`],
    [
      'DNS servers',
      (seen.evidence.hosts[0]?.survey?.views ?? []).map(({ server }) => server.address).join(', ') || '-',
    ],
    [
      'Policy of addresses',
      seen.evidence.gai.exists ? seen.evidence.gai.path : `${seen.evidence.gai.path} is not there`,
    ],
    ['Ports for connections', seen.evidence.limits.portRange?.join('-') ?? '-'],
  ]
  const at = systemClock.now().toISOString()
  const command = commandText(['doctor', ...words])
  try {
    writeFileSync(file, reportPage({ subject, at, command, environment, ...seen }))
  } catch (error) {
    throw new Problem('general', `Cannot write ${file}: ${errorMessage(error)}`)
  }
  tell(`The report is in ${file}`)
}

/** Nothing that was asked for exists, or did lately: most likely a wrong word. */
const isNowhere = ({ places, clusters, missing = [] }: Evidence): boolean =>
  places.length === 0 && clusters.length === 0 && missing.every(({ deletedAt }) => deletedAt === undefined)

/** Good practice is about nodes of Memcached; a serverless cache has none to care for. */
const nodeBased = (evidence: Evidence): Evidence => ({
  ...evidence,
  clusters: evidence.clusters.filter(({ serverless, engine }) => serverless !== true && engine === memcached.name),
})

/** One line for each address: from where, how quickly, and what answers. */
function placesTable({ addresses }: Evidence, style: Style): string[] {
  if (addresses.length === 0) return []
  const rows = addresses.map(({ place, address, attempts, words, tls, source }) => {
    const best = attempts.filter(({ outcome }) => outcome === 'connected').sort((a, b) => a.ms - b.ms)[0]
    const [first] = attempts
    const spoken = tls?.outcome === 'established' ? (tls.protocol ?? 'TLS') : words?.connected ? words.speaker : '-'
    const from = 'address' in source ? source.address : `none (${source.code})`
    return [
      `${place.cluster ?? ''} ${place.role}`.trim(),
      `${address} ${place.port}`,
      from,
      best ? `${best.ms.toFixed(1)} ms` : (first?.outcome ?? '-'),
      spoken,
    ]
  })
  return tableText(['Place', 'Address and port', 'Sent from', 'Connects', 'Speaks'], rows, style).split('\n')
}

function rulesOf(all: readonly Cause[], flags: Pick<DoctorFlags, 'only' | 'skip'>): readonly Cause[] {
  const named = (ids: readonly string[]) => ids.flatMap((each) => each.split(',')).map(knownRule)
  const [only, skip] = [named(flags.only), named(flags.skip)]
  return all.filter((rule) => (only.length === 0 || only.includes(rule)) && !skip.includes(rule))
}

function knownRule(id: string): Cause {
  const rule = causeOf(id)
  if (rule) return rule
  throw usageProblem(`There is no rule ${id}.`, 'See `cachectl doctor --list-rules`.')
}

type PlainRule = Pick<Cause, 'id' | 'title' | 'seat' | 'source'>

const plain = ({ id, title, seat, source }: Cause): PlainRule => ({ id, title, seat, source })

const rulesText = (all: readonly PlainRule[], style: Style): string =>
  tableText(
    ['Rule', 'Sits in', { long: 'Finds that' }],
    all.map(({ id, seat, title }) => [id, seat, title]),
    style,
  )

const explain = ({ id, title, seat, source }: PlainRule): string =>
  `${id}: ${title}\nSits in: ${seat}\nKnown from: ${source}`
