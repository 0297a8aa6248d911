import { shellWord } from '../../api/shell.ts'
import { BaseCommand, word } from '../base-command.ts'
import { confirmOnTerminal } from '../confirm.ts'
import { environment } from '../environment.ts'
import { type Flags, text } from '../flags.ts'
import { colourFlag, confirmFlags } from '../global-flags.ts'
import { drawColumns } from '../output/human-table.ts'
import type { Column } from '../output/human-views.ts'
import { styleHere } from '../output/people.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { BUILT_IN, type NamedTarget, readTargets, targetCalled, writeTargets } from '../target-list.ts'
import { askedUrl, describeChoice } from '../targets.ts'
import { printLine, tell } from '../terminal.ts'
import { choiceOf, outputOf, stateDirFlag, stateDirOf } from './engine-flags.ts'

const form = { ...outputOf('table (default) or json'), ...stateDirFlag, ...colourFlag }

export class TargetList extends BaseCommand {
  static override summary = 'List the targets that --target takes, and which one is used'
  static override flags = form
  static override examples = ['target list', 'target list --output json']

  async run(): Promise<void> {
    const { flags } = this.read()
    const { current, targets } = readTargets(stateDirOf(flags))
    const rows = Object.entries(targets).map(([name, target]) => ({ name, used: name === current, ...target }))
    rows.sort((a, b) => (a.name < b.name ? -1 : 1))
    if (choiceOf(flags, 'output', ['table', 'json'], 'table') === 'json') {
      return printLine(JSON.stringify(rows, null, 4))
    }
    const { text: table } = await drawColumns(COLUMNS, rows, await styleHere(flags))
    printLine(table)
  }
}

type Row = NamedTarget & { readonly name: string; readonly used: boolean }

const COLUMNS: readonly Column<Row>[] = [
  { head: 'Name', of: 'name' },
  { head: 'Used', of: ({ used }, { good }) => (used ? good('yes') : '') },
  { head: 'Kind', of: 'kind' },
  { head: 'Where', of: ({ url, stateDir }) => url ?? stateDir ?? '' },
  { head: 'Region', of: ({ region }) => region ?? '' },
  { head: 'Profile', of: ({ profile }) => profile ?? '' },
]

export class TargetUse extends BaseCommand {
  static override summary = 'Send commands to this target from now on'
  static override description =
    'Until another one is used. --target, CACHECTL_TARGET, --endpoint-url and AWS_ENDPOINT_URL go before it.'
  static override args = { name: word('name of the target', { required: true }) }
  static override flags = stateDirFlag
  static override examples = ['target use aws', 'target use local']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const [name = ''] = words
    const list = readTargets(stateDirOf(flags))
    const target = targetCalled(list, name)
    writeTargets(stateDirOf(flags), { ...list, current: name })
    printLine(`Commands go to ${name}: ${describeNamed(target)}.`)
    for (const variable of ['CACHECTL_TARGET', 'AWS_ENDPOINT_URL_ELASTICACHE', 'AWS_ENDPOINT_URL']) {
      if (environment[variable]) tell(`Not in this shell: ${variable} is set, and goes before it.`)
    }
  }
}

export class TargetAdd extends BaseCommand {
  static override summary = 'Give a target a name'
  static override description =
    'With --endpoint-url an endpoint that speaks the API, with --engine-dir a local engine, otherwise AWS. Credentials are not kept: they are those of the profile, or of the environment, and the engine always gets its own.'
  static override args = { name: word('name of the target', { required: true }) }
  static override flags: Flags = {
    'endpoint-url': text({ summary: 'URL of an endpoint', helpValue: '<url>' }),
    'engine-dir': text({ summary: 'state directory of a local engine', helpValue: '<path>' }),
    region: text({ summary: 'the region to work in', helpValue: '<region>' }),
    profile: text({ summary: 'a profile of the AWS configuration files', helpValue: '<name>' }),
    ...stateDirFlag,
  }
  static override examples = [
    'target add prod --profile prod --region eu-west-1',
    'target add staging --endpoint-url https://elasticache.staging.example --region us-west-2',
    'target add second --engine-dir ~/second-engine',
  ]

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const [name = ''] = words
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
      throw usageProblem(`argument name: invalid value: '${name}'`, 'Letters, digits, and . _ - behind the first.')
    }
    const list = readTargets(stateDirOf(flags))
    if (Object.hasOwn(list.targets, name)) {
      const way = Object.hasOwn(BUILT_IN, name)
        ? 'It is always there.'
        : `Remove it first: cachectl target remove ${shellWord(name)}`
      throw usageProblem(`There is a target ${name} already.`, way)
    }
    const target = readTarget(flags)
    writeTargets(stateDirOf(flags), { ...list, targets: { ...list.targets, [name]: target } })
    printLine(`${name}: ${describeNamed(target)}.`)
  }
}

function readTarget(flags: FlagValues): NamedTarget {
  const of = (option: string) => flags[option] as string | undefined
  const [url, stateDir, region, profile] = [of('endpoint-url'), of('engine-dir'), of('region'), of('profile')]
  if (url !== undefined && stateDir !== undefined) {
    throw usageProblem('argument --engine-dir: not allowed with argument --endpoint-url')
  }
  if (stateDir !== undefined && profile !== undefined) {
    throw usageProblem(
      'argument --profile: not allowed with argument --engine-dir',
      'An engine has its own credentials.',
    )
  }
  return {
    kind: url !== undefined ? 'endpoint' : stateDir !== undefined ? 'local' : 'aws',
    ...(url !== undefined && { url: askedUrl(url) }),
    ...(stateDir !== undefined && { stateDir: stateDirOf({ 'state-dir': stateDir }) }),
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
  }
}

export class TargetRemove extends BaseCommand {
  static override summary = 'Forget the name of a target'
  static override description = 'What is there stays as it is. If it was the one used, local is.'
  static override args = { name: word('name of the target', { required: true }) }
  static override flags = { ...confirmFlags, ...stateDirFlag }
  static override examples = ['target remove staging']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const [name = ''] = words
    const { current, targets } = readTargets(stateDirOf(flags))
    const target = targetCalled({ current, targets }, name)
    if (Object.hasOwn(BUILT_IN, name)) throw usageProblem(`${name} is always there.`)
    await confirmOnTerminal(`Forget ${name} (${describeNamed(target)})?`, flags.yes === true)
    const { [name]: _, ...left } = targets
    writeTargets(stateDirOf(flags), { current: current === name ? 'local' : current, targets: left })
  }
}

export class TargetShow extends BaseCommand {
  static override summary = 'Show where commands go, and why'
  static override args = { name: word('name of a target (default: the one that is used here)') }
  static override flags = form
  static override examples = ['target show', 'target show prod --output json']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const [name] = words
    const { choice, because } = describeChoice(name === undefined ? flags : { ...flags, target: name }, environment)
    if (choiceOf(flags, 'output', ['table', 'json'], 'table') === 'json') {
      return printLine(JSON.stringify({ ...choice, because }, null, 4))
    }
    printLine(`${describeNamed(choice)} (${because})`)
  }
}

function describeNamed({ kind, url, region, profile, stateDir }: NamedTarget): string {
  const place =
    kind === 'aws' ? 'AWS' : kind === 'endpoint' ? url : `the local engine${stateDir ? ` in ${stateDir}` : ''}`
  return [place, region, profile && `profile ${profile}`].filter(Boolean).join(', ')
}
