import { isIP } from 'node:net'
import { orderAddresses } from '../../diagnose/address-order.ts'
import { windowsPolicy } from '../../diagnose/policies.ts'
import { chooseSources } from '../../diagnose/source-choice.ts'
import {
  netshScript,
  parsePrefixPolicies,
  WINDOWS_DEFAULT,
  type WindowsPolicyRow,
  windowsRemarks,
  windowsTables,
} from '../../diagnose/windows-policy.ts'
import { BaseCommand, word } from '../base-command.ts'
import { text, texts } from '../flags.ts'
import { tableText } from '../output/table.ts'
import { Problem, usageProblem } from '../problem.ts'
import { printLine, tell } from '../terminal.ts'
import { choiceOf, outputFlag } from './engine-flags.ts'
import { cidrsOf, familyPreferred } from './gai-flags.ts'
import { comparisonLine } from './gai-order.ts'
import { readText } from './text-input.ts'

export class GaiWindows extends BaseCommand {
  static override summary = 'Evaluate a pasted `netsh interface ipv6 show prefixpolicies`, on any system'
  static override description =
    'Reads the listing in any language, from a file or stdin, and says which of the addresses given with --candidate a Windows client with the addresses given with --client takes first (RFC 6724; a model, no Windows is asked). With --prefer it prints the commands that change it.'
  static override args = { file: word('file with the listing; - reads stdin; without it, the table Windows ships') }
  static override flags = {
    candidate: texts({ summary: 'addresses of a node', helpValue: '<address>...' }),
    client: texts({ summary: 'addresses of the Windows client', helpValue: '<address>...' }),
    prefer: text({ summary: 'print commands that prefer ipv4 or ipv6', helpValue: '<family>' }),
    cidr: texts({ summary: "with --prefer: the cluster's networks", helpValue: '<cidr>...' }),
    ...outputFlag,
  }
  static override examples = [
    'gai windows policies.txt --candidate 172.31.10.77 2001:db8:1::77 --client 10.20.0.5 2001:db8:2::5',
    'gai windows --prefer ipv4 --cidr 172.31.0.0/16',
  ]

  async run(): Promise<void> {
    const { flags, words } = await this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const [file] = words
    const { rows, warnings } =
      file === undefined ? { rows: WINDOWS_DEFAULT, warnings: [] } : parsePrefixPolicies(readText(file))
    if (rows.length === 0) {
      const what = file === '-' ? 'standard input' : file
      throw new Problem('general', `${what} has no row of a prefix policy table.`, WHAT_TO_PASTE)
    }
    const remarks = windowsRemarks(rows)
    const commands = flags.prefer === undefined ? [] : netshScript(rows, familyPreferred(flags), cidrsOf(flags))
    const verdict = evaluate(rows, addresses(flags.candidate, 'candidate'), addresses(flags.client, 'client'))
    if (form === 'json') {
      printLine(JSON.stringify({ rows, warnings, remarks, ...verdict, commands }, null, 4))
      return
    }
    for (const each of warnings) tell(`Mind: ${each}.`)
    if (commands.length > 0) return printLine(commands.join('\n'))
    printLine(await tableText(['Precedence', 'Label', 'Prefix'], rows.map(cells)))
    for (const each of remarks) printLine(each)
    if (verdict) {
      printLine(`Order (model of RFC 6724, not measured): ${verdict.order.join(' ')}`)
      for (const each of verdict.comparisons) printLine(comparisonLine(each))
    }
  }
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

function addresses(given: unknown, option: string): readonly string[] {
  const list = Array.isArray(given) ? (given as readonly string[]) : []
  const wrong = list.find((address) => isIP(address) === 0)
  if (wrong) throw usageProblem(`argument --${option}: ${wrong} is not an IP address`)
  return list
}
