import { orderAddresses } from '../../../diagnose/address-order.ts'
import { windowsPolicy } from '../../../diagnose/policies.ts'
import { chooseSources } from '../../../diagnose/source-choice.ts'
import {
  netshScript,
  parsePrefixPolicies,
  WINDOWS_DEFAULT,
  type WindowsPolicyRow,
  windowsRemarks,
  windowsTables,
} from '../../../diagnose/windows-policy.ts'
import { readText } from '../../call/text-input.ts'
import { command } from '../../command.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { Problem, usageProblem } from '../../problem.ts'
import { tell } from '../../terminal.ts'
import { optional } from '../../words.ts'
import { addresses, cidrs, prefer } from './flags.ts'
import { comparisonLine } from './order.ts'

export const gaiWindows = command({
  summary: 'Evaluate a pasted `netsh interface ipv6 show prefixpolicies`, on any system',
  description:
    'Reads the listing in any language, from a file or stdin, and says which of the addresses given with --candidate a Windows client with the addresses given with --client takes first (RFC 6724; a model, no Windows is asked). With --prefer it prints the commands that change it.',
  words: { file: optional('file with the listing; - reads stdin; without it, the table Windows ships') },
  flags: {
    candidate: addresses('addresses of a node'),
    client: addresses('addresses of the Windows client'),
    prefer: prefer('print commands that prefer ipv4 or ipv6'),
    cidr: cidrs("with --prefer: the cluster's networks"),
  },
  examples: [
    'gai windows policies.txt --candidate 172.31.10.77 2001:db8:1::77 --client 10.20.0.5 2001:db8:2::5',
    'gai windows --prefer ipv4 --cidr 172.31.0.0/16',
  ],
  forms: {},
  async run({ words: { file }, flags, print }) {
    const { rows, warnings } =
      file === undefined ? { rows: WINDOWS_DEFAULT, warnings: [] } : parsePrefixPolicies(readText(file))
    if (rows.length === 0) {
      const what = file === '-' ? 'standard input' : file
      throw new Problem('general', `${what} has no row of a prefix policy table.`, WHAT_TO_PASTE)
    }
    const remarks = windowsRemarks(rows)
    const commands = flags.prefer === undefined ? [] : netshScript(rows, flags.prefer, flags.cidr)
    const verdict = evaluate(rows, flags.candidate, flags.client)
    if (print.form === 'readable') for (const each of warnings) tell(`Mind: ${each}.`)
    await print.answer({ rows, warnings, remarks, ...verdict, commands }, describe)
  },
})

interface Evaluation extends Partial<ReturnType<typeof orderAddresses>> {
  readonly rows: readonly WindowsPolicyRow[]
  readonly remarks: readonly string[]
  readonly commands: readonly string[]
}

function describe({ rows, remarks, order, comparisons = [], commands }: Evaluation, style: Style): string {
  if (commands.length > 0) return commands.join('\n')
  return [
    tableText(['Precedence', 'Label', 'Prefix'], rows.map(cells), style),
    ...remarks,
    ...(order ? [`Order (model of RFC 6724, not measured): ${order.join(' ')}`] : []),
    ...comparisons.map(comparisonLine),
  ].join('\n')
}

const WHAT_TO_PASTE = 'Paste all of `netsh interface ipv6 show prefixpolicies`: rows of precedence, label and prefix.'

const cells = ({ precedence, label, prefix }: WindowsPolicyRow): string[] => [String(precedence), String(label), prefix]

function evaluate(rows: readonly WindowsPolicyRow[], candidates: readonly string[], clients: readonly string[]) {
  if (candidates.length === 0) return undefined
  if (clients.length === 0) throw usageProblem('--candidate needs --client', 'Give the addresses of the Windows host.')
  const ifaddrs = clients.map((addr) => ({ addr, prefixlen: addr.includes(':') ? 64 : 24, index: 2 }))
  const { tables, dialect } = windowsPolicy(windowsTables(rows))
  return orderAddresses({ candidates, sources: chooseSources(candidates, clients), ifaddrs }, tables, dialect)
}
