/**
 * On a terminal, what a command still needs is asked for, with the target's own values to choose from. The outcome is
 * a command line that is shown before it runs, so that the next time it can be typed.
 */
import { SECRET_MEMBERS } from '../../api/catalog/secrets.ts'
import { helpOf } from '../../api/help.ts'
import { inputOf, type OperationName } from '../../api/model.ts'
import { kebabCase, onlyReads } from '../../api/names.ts'
import type { Member } from '../../api/shapes.ts'
import { tellUnasked } from '../caches/refusals.ts'
import { checkRequest } from '../call/checks.ts'
import { isDestructive, operationFlags } from '../call/operation-input.ts'
import { environment } from '../environment.ts'
import { commandText } from '../help/command-text.ts'
import { agreeOnTerminal } from '../live/confirm.ts'
import { type Choice, prompt } from '../live/prompt.ts'
import { type FlagValues, parseArguments } from '../parse.ts'
import { CallFailed, Problem } from '../problem.ts'
import { type ApiClient, openClient } from '../target/client.ts'
import { resolveTarget } from '../target/targets.ts'
import { tell } from '../terminal.ts'
import {
  type Answers,
  alsoAsked,
  impliedMembers,
  isSettled,
  neededMembers,
  offeredMembers,
  USUAL,
} from './questions.ts'
import { creates, NO_QUESTION, valuesFor } from './values.ts'

/** Above this many choices one is found by typing a part of it. */
const MOST_TO_SCAN = 12
const SECRET_OPTIONS: ReadonlySet<string> = new Set([...SECRET_MEMBERS].map((member) => `--${kebabCase(member)}`))
const NOT_SHOWN = '...'
const ANOTHER_WAY = ['cli-input-json', 'cli-input-yaml', 'generate-cli-skeleton']

/** The arguments with what was missing; the same ones when nothing is, or without a terminal to ask on. */
export async function askForMissing(name: OperationName, argv: readonly string[]): Promise<readonly string[]> {
  const flags = readWithoutRequired(name, argv)
  if (!flags || flags.input === false || ANOTHER_WAY.some((option) => flags[option] !== undefined)) return argv
  const given = (member: string) => flags[kebabCase(member)] !== undefined
  const needed = neededMembers(name, given)
  if (needed.length === 0) return argv
  const client = await openClient(resolveTarget(flags, environment))
  try {
    const words = await ask(client, name, [...needed, ...alsoAsked(name, given)], offeredMembers(name, given), flags)
    const full = [...argv, ...words]
    tell(`\n  ${commandText([kebabCase(name), ...argv, ...withoutSecrets(words)])}\n`)
    if (!isDestructive(name) && !onlyReads(name)) await agreeOnTerminal('Run it?')
    return full
  } finally {
    client.close()
  }
}

/** Words after the option of a secret as they may be shown. */
function withoutSecrets(words: readonly string[]): string[] {
  let secret = false
  return words.map((word) => {
    const option = SECRET_OPTIONS.has(word)
    if (option || word.startsWith('--')) secret = option
    return secret && !option ? NOT_SHOWN : word
  })
}

/** undefined: something else is wrong with the line, which the reading that follows will say. */
function readWithoutRequired(name: OperationName, argv: readonly string[]): FlagValues | undefined {
  const optional = Object.entries(operationFlags(name)).map(([option, flag]) => [option, { ...flag, required: false }])
  try {
    return parseArguments(argv, Object.fromEntries(optional)).flags
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

async function ask(
  client: ApiClient,
  name: OperationName,
  needed: readonly string[],
  offered: readonly string[],
  flags: FlagValues,
): Promise<string[]> {
  const answers = new Map<string, readonly string[]>()
  for (const member of Object.keys(inputOf(name).members)) {
    const value = flags[kebabCase(member)]
    if (value !== undefined && value !== false) answers.set(member, [value].flat().map(String))
  }
  const words: string[] = []
  const askEach = async (members: readonly string[], required: boolean) => {
    for (const member of members) {
      if (isSettled(name, member, answers)) continue
      const answer = await askFor(client, name, member, answers, required)
      if (answer === undefined) continue
      const placed =
        member === 'PreferredAvailabilityZones' ? spread(answer, answers.get('NumCacheNodes')?.[0]) : answer
      words.push(...placed)
      answers.set(member, placed.slice(1))
    }
  }
  await askEach(needed, true)
  if (offered.length > 0) {
    const topics = offered.map((member) => kebabCase(member)).join(', ')
    if ((await prompt({ type: 'confirm', message: `Choose more (${topics})?`, default: false })) === true) {
      await askEach(offered, false)
    }
  }
  return [...words, ...impliedMembers(name, answers).map((member) => `--${kebabCase(member)}`)]
}

/** One zone for each node is what AWS wants; people choose zones, which nodes then take in turn. */
function spread([option = '', ...zones]: readonly string[], nodes: string | undefined): string[] {
  const count = Number(nodes ?? zones.length)
  const each = Array.from({ length: count }, (_, index) => zones[index % zones.length] ?? '')
  return [option, ...each, ...(new Set(each).size > 1 ? ['--az-mode', 'cross-az'] : [])]
}

/** The option and its values; undefined: left to the default. */
async function askFor(
  client: ApiClient,
  name: OperationName,
  memberName: string,
  answers: Answers,
  required: boolean,
): Promise<string[] | undefined> {
  const member = inputOf(name).members[memberName] as Member // it is one of the operation's
  const option = `--${kebabCase(memberName)}`
  const message = `${option} (${helpOf(name, memberName)})`
  if (member.kind === 'boolean') {
    const yes = await prompt({ type: 'confirm', message, default: memberName === 'AutomaticFailoverEnabled' })
    return yes === true ? [option] : undefined
  }
  const choices = await choicesFor(client, name, memberName, member, answers)
  if (choices === NO_QUESTION) return undefined
  const answer = choices
    ? await choose(message, choices, member.kind === 'list', required)
    : await type(message, name, memberName, member, required)
  return answer.length === 0 ? undefined : [option, ...answer]
}

/** What the target tells, if it does and there is something. */
async function choicesFor(
  client: ApiClient,
  name: OperationName,
  memberName: string,
  member: Member,
  answers: Answers,
) {
  try {
    const choices = await valuesFor(client, name, memberName, member, answers)
    return choices === NO_QUESTION || (choices && choices.length > 0) ? choices : undefined
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    tellUnasked(error)
    return undefined
  }
}

const DEFAULT: Choice = { name: "the service's default", value: '' }

async function choose(
  message: string,
  choices: readonly Choice[],
  several: boolean,
  required: boolean,
): Promise<string[]> {
  if (several) return (await prompt({ type: 'checkbox', message, choices })) as string[] // values of the choices
  const all = required ? choices : [DEFAULT, ...choices]
  const answer =
    all.length > MOST_TO_SCAN
      ? await prompt({
          type: 'search',
          message,
          source: (typed = '') => all.filter(({ name }) => name.includes(typed.trim())),
        })
      : await prompt({ type: 'select', message, choices: all })
  return answer === '' ? [] : [String(answer)]
}

async function type(
  message: string,
  name: OperationName,
  memberName: string,
  member: Member,
  required: boolean,
): Promise<string[]> {
  const answer = await prompt({
    type: SECRET_MEMBERS.has(memberName) ? 'password' : 'input',
    message,
    ...(USUAL[memberName] !== undefined && { default: USUAL[memberName] }),
    validate: (text) => {
      if (text.trim() === '') return required ? 'It is needed.' : true
      if (member.kind === 'number' && !/^\d+$/.test(text.trim())) return 'A whole number.'
      if (!creates(name, memberName)) return true
      const [complaint] = checkRequest(name, { [memberName]: text.trim() })
      return complaint ? (complaint.text.split('\n')[0] ?? true) : true
    },
  })
  const text = String(answer).trim()
  if (text === '') return []
  return member.kind === 'list' ? text.split(/\s+/) : [text]
}
