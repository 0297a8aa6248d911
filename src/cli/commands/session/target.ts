import { shellWord } from '../../../api/shell.ts'
import { command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { type Flags, text, type ValuesOf } from '../../flags.ts'
import { confirmFlags, stateDirFlag } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import { columnsText } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import { Problem, usageProblem } from '../../problem.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import { BUILT_IN, type NamedTarget, readTargets, targetCalled, writeTargets } from '../../target/target-list.ts'
import { askedUrl, describeChoice } from '../../target/targets.ts'
import { printLine, tell } from '../../terminal.ts'
import { offering, one, optional } from '../../words.ts'

export const targetList = command({
  summary: 'List the targets that --target takes, and which one is used',
  flags: stateDirFlag,
  forms: {},
  examples: ['target list', 'target list --output json'],
  async run({ flags, print }) {
    const { current, targets } = readTargets(stateDirOf(flags))
    const rows = Object.entries(targets).map(([name, target]) => ({ name, used: name === current, ...target }))
    rows.sort((a, b) => (a.name < b.name ? -1 : 1))
    await print.answer(rows, (shown, style) => columnsText(COLUMNS, shown, style))
  },
})

type Row = NamedTarget & { readonly name: string; readonly used: boolean }

const COLUMNS: readonly Column<Row>[] = [
  { head: 'Name', of: 'name' },
  { head: 'Used', of: ({ used }, { good }) => (used ? good('yes') : '') },
  { head: 'Kind', of: 'kind' },
  { head: 'Where', of: ({ url, stateDir }) => url ?? stateDir ?? '' },
  { head: 'Region', of: ({ region }) => region ?? '' },
  { head: 'Profile', of: ({ profile }) => profile ?? '' },
]

export const targetUse = command({
  summary: 'Send commands to this target from now on',
  description:
    'Until another one is used. --target, CACHECTL_TARGET, --endpoint-url and AWS_ENDPOINT_URL go before it.',
  words: { name: offering(one('name of the target'), 'target') },
  flags: stateDirFlag,
  examples: ['target use aws', 'target use local'],
  async run({ flags, words }) {
    const { name } = words
    const list = readTargets(stateDirOf(flags))
    const target = targetCalled(list, name, 'absent')
    writeTargets(stateDirOf(flags), { ...list, current: name })
    printLine(`Commands go to ${name}: ${describeNamed(target)}`)
    for (const variable of ['CACHECTL_TARGET', 'AWS_ENDPOINT_URL_ELASTICACHE', 'AWS_ENDPOINT_URL']) {
      if (environment[variable]) tell(`Not in this shell: ${variable} is set, and goes before it.`)
    }
  },
})

const placeFlags = {
  'endpoint-url': text({ summary: 'URL of an endpoint', helpValue: '<url>' }),
  'engine-dir': text({ summary: 'state directory of a local engine', helpValue: '<path>' }),
  region: text({ summary: 'the region to work in', helpValue: '<region>' }),
  profile: text({ summary: 'a profile of the AWS configuration files', helpValue: '<name>' }),
} satisfies Flags

export const targetAdd = command({
  summary: 'Give a target a name',
  description:
    'With --endpoint-url an endpoint that speaks the API, with --engine-dir a local engine, otherwise AWS. Credentials are not kept: they are those of the profile, or of the environment, and the engine always gets its own.',
  words: { name: one('name of the target') },
  flags: { ...placeFlags, ...stateDirFlag },
  examples: [
    'target add prod --profile prod --region eu-west-1',
    'target add staging --endpoint-url https://elasticache.staging.example --region us-west-2',
    'target add second --engine-dir ~/second-engine',
  ],
  async run({ flags, words }) {
    const { name } = words
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
      throw usageProblem(`argument name: invalid value: '${name}'`, 'Letters, digits, and . _ - behind the first.')
    }
    const list = readTargets(stateDirOf(flags))
    if (Object.hasOwn(list.targets, name)) {
      const way = Object.hasOwn(BUILT_IN, name)
        ? 'It is always there.'
        : `Remove it first: cachectl target remove ${shellWord(name)}`
      throw new Problem('present', `There is a target ${name} already.`, way)
    }
    const target = readTarget(flags)
    writeTargets(stateDirOf(flags), { ...list, targets: { ...list.targets, [name]: target } })
    printLine(`${name}: ${describeNamed(target)}`)
  },
})

function readTarget(flags: ValuesOf<typeof placeFlags>): NamedTarget {
  const { 'endpoint-url': url, 'engine-dir': stateDir, region, profile } = flags
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

export const targetRemove = command({
  summary: 'Forget the name of a target',
  description: 'What is there stays as it is. If it was the one used, local is.',
  words: { name: offering(one('name of the target'), 'ownTarget') },
  flags: { ...confirmFlags, ...stateDirFlag },
  examples: ['target remove staging'],
  async run({ flags, words }) {
    const { name } = words
    const { current, targets } = readTargets(stateDirOf(flags))
    const target = targetCalled({ current, targets }, name, 'absent')
    if (Object.hasOwn(BUILT_IN, name)) throw new Problem('refused', `${name} is always there.`)
    await confirmDestruction(`Forget ${name} (${describeNamed(target)})?`, flags.yes)
    const { [name]: _, ...left } = targets
    writeTargets(stateDirOf(flags), { current: current === name ? 'local' : current, targets: left })
  },
})

export const targetShow = command({
  summary: 'Show where commands go, and why',
  words: { name: optional('name of a target (default: the one that is used here)') },
  flags: stateDirFlag,
  forms: {},
  examples: ['target show', 'target show prod --output json'],
  async run({ flags, words, print }) {
    const asked = words.name === undefined ? flags : { ...flags, target: words.name }
    const { choice, because } = describeChoice(asked, environment)
    await print.answer({ ...choice, because }, (target) => `${describeNamed(target)} (${target.because})`)
  },
})

function describeNamed({ kind, url, region, profile, stateDir }: NamedTarget): string {
  const place =
    kind === 'aws' ? 'AWS' : kind === 'endpoint' ? url : `the local engine${stateDir ? ` in ${stateDir}` : ''}`
  return [place, region, profile && `profile ${profile}`].filter(Boolean).join(', ')
}
