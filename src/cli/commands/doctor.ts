import { examine } from '../../diagnose/doctor.ts'
import type { Evidence } from '../../diagnose/evidence.ts'
import type { Finding } from '../../diagnose/finding.ts'
import { judgeEvidence, type Rule, ruleOf, rules } from '../../diagnose/rules/index.ts'
import { BaseCommand, word } from '../base-command.ts'
import { text, texts, toggle } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { findingsText } from '../output/findings.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { ExitWith, usageProblem } from '../problem.ts'
import { startProgress } from '../progress.ts'
import { millisecondsOf } from '../seconds.ts'
import { printLine } from '../terminal.ts'
import { aimAt, serverFlag, serversOf, tlsFlags } from './diagnose-places.ts'
import { choiceOf } from './engine-flags.ts'
import { fileFlag, fileOf } from './gai-flags.ts'

const FINDINGS = 1

export class Doctor extends BaseCommand {
  static override summary = 'Look at everything between this host and a cluster, and name the cause'
  static override description =
    'Names, address order, routes, connections over both families, TLS, protocol, discovery and the limits of this host, in parallel; never stops at the first failure. The one cause comes first, with the fix and the command that shows it. Without words: every cluster of the target. Exit code 0: healthy; 1: findings; 2 and more: it could not run.'
  static override args = { where: word('cluster id, or host:port', { multiple: true }) }
  static override flags = {
    only: texts({ summary: 'judge by these rules only', helpValue: '<rule>...' }),
    skip: texts({ summary: 'leave these rules out', helpValue: '<rule>...' }),
    'list-rules': toggle({ summary: 'print the rules and end' }),
    explain: text({ summary: 'print what a rule looks for and end', helpValue: '<rule>' }),
    evidence: toggle({ summary: 'with --output json: all that was seen, too' }),
    timeout: text({ summary: 'for one connection (default 3.5s)', helpValue: '<time>' }),
    ...tlsFlags,
    ...serverFlag,
    ...fileFlag,
    ...globalFlags,
  }
  static override examples = ['doctor shop', 'doctor cache.example.com:11211 --tls', 'doctor --explain D02']

  async run(): Promise<void> {
    const { flags, words } = await this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    if (flags['list-rules'] === true) return printLine(await rulesText(form))
    if (typeof flags.explain === 'string') return printLine(explain(knownRule(flags.explain), form))
    const which = rulesOf(flags)
    const evidence = await this.#look(words, flags)
    const findings = judgeEvidence(evidence, which)
    if (form === 'json') {
      const healthy = !findings.some(isProblem)
      printLine(JSON.stringify({ healthy, findings, ...(flags.evidence === true && { evidence }) }, replaceBigInt, 4))
    } else printLine(await describe(evidence, findings))
    if (findings.some(isProblem)) throw new ExitWith(FINDINGS)
  }

  async #look(words: readonly string[], flags: FlagValues): Promise<Evidence> {
    const servers = serversOf(flags)
    const timeoutMs = typeof flags.timeout === 'string' ? millisecondsOf('timeout', flags.timeout) : undefined
    const progress = startProgress('asking the API')
    try {
      const aim = await aimAt(words, flags)
      return await untilInterrupted((signal) =>
        examine({
          ...aim,
          signal,
          gaiConf: fileOf(flags),
          onStage: (stage) => progress.update(stage),
          ...(servers && { servers }),
          ...(timeoutMs !== undefined && { timeoutMs }),
        }),
      )
    } finally {
      progress.end()
    }
  }
}

const isProblem = ({ severity }: Finding): boolean => severity !== 'note'
const replaceBigInt = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

async function describe(evidence: Evidence, findings: readonly Finding[]): Promise<string> {
  const rows = evidence.addresses.map(({ place, address, attempts, words, tls, source }) => {
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
  const table =
    rows.length > 0 ? [await tableText(['Place', 'Address and port', 'Sent from', 'Connects', 'Speaks'], rows)] : []
  const healthy = findings.some(isProblem) ? [] : ['Healthy: nothing stands between this host and the cache.']
  const text = findingsText(findings)
  return [
    ...(findings.some(isProblem) ? [text, ''] : []),
    ...table,
    ...healthy,
    ...(findings.some(isProblem) || text === '' ? [] : [text]),
  ].join('\n')
}

function rulesOf(flags: FlagValues): readonly Rule[] {
  const named = (flag: unknown): readonly Rule[] | undefined => {
    if (!Array.isArray(flag)) return undefined
    return (flag as string[]).flatMap((each) => each.split(',')).map(knownRule)
  }
  const [only, skip] = [named(flags.only), named(flags.skip)]
  return rules.filter((rule) => (only ? only.includes(rule) : true) && !skip?.includes(rule))
}

function knownRule(id: string): Rule {
  const rule = ruleOf(id)
  if (rule) return rule
  throw usageProblem(`There is no rule ${id}.`, 'See `cachectl doctor --list-rules`.')
}

function rulesText(form: 'text' | 'json'): Promise<string> | string {
  if (form === 'json') return JSON.stringify(rules.map(plain), null, 4)
  return tableText(
    ['Rule', 'Stage', 'Finds that'],
    rules.map(({ id, stage, title }) => [id, stage, title]),
  )
}

const plain = ({ id, title, stage, source }: Rule) => ({ id, title, stage, source })

const explain = (rule: Rule, form: 'text' | 'json'): string =>
  form === 'json'
    ? JSON.stringify(plain(rule), null, 4)
    : `${rule.id}: ${rule.title}\nLooked for at: ${rule.stage}\nKnown from: ${rule.source}`
