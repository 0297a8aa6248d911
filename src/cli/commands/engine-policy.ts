import type { PolicyRequest, UserReport } from '../../api/identity.ts'
import { CONTROL } from '../../api/local-engine.ts'
import { BaseCommand, word } from '../base-command.ts'
import { control } from '../engine-control.ts'
import { type Flags, text } from '../flags.ts'
import { readParamfile, textOf } from '../paramfile.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { requireEngine } from '../state-dir.ts'
import { printLine } from '../terminal.ts'
import { stateDirFlag, stateDirOf } from './engine-flags.ts'

const flags: Flags = { ...stateDirFlag }
const words = {
  user: word('name of the user', { required: true }),
  policy: word('name of the policy', { required: true }),
}

const change = (given: FlagValues, request: PolicyRequest) =>
  control<UserReport>(requireEngine(stateDirOf(given)), 'POST', CONTROL.policies, request)

export class EnginePolicyPut extends BaseCommand {
  static override summary = 'Give a user of the local engine an IAM policy, or another version of it'
  static override description =
    'A policy document as IAM takes it: Effect, Action or NotAction, Resource or NotResource, and Condition with the keys of ElastiCache (elasticache:CacheNodeType, elasticache:EngineVersion, aws:RequestTag/..., aws:ResourceTag/..., aws:TagKeys, ...). All policies of a user count together, from the next call on; an explicit deny wins.'
  static override examples = ['engine policy put alice read-only --document file://read-only.json']
  static override args = words
  static override flags = {
    ...flags,
    document: { ...text({ summary: 'the document as JSON, or file://<path>', helpValue: '<json>' }), required: true },
  } as Flags

  async run(): Promise<void> {
    const { words: given, flags: options } = this.read()
    const [userName = '', policyName = ''] = given
    const document = documentOf(textOf(readParamfile('document', options.document as string)))
    await change(options, { userName, policyName, document })
    printLine(`Policy ${policyName} of user ${userName} is in effect.`)
  }
}

export class EnginePolicyGet extends BaseCommand {
  static override summary = 'Print a policy of a user of the local engine, as it was given'
  static override args = words
  static override flags = flags

  async run(): Promise<void> {
    const { words: given, flags: options } = this.read()
    const [userName = '', policyName = ''] = given
    const users = await control<UserReport[]>(requireEngine(stateDirOf(options)), 'GET', CONTROL.users)
    const user = users.find((each) => each.userName.toLowerCase() === userName.toLowerCase())
    if (!user) throw usageProblem(`The user with name ${userName} cannot be found.`, 'See `cachectl engine user list`.')
    const document = user.policies[policyName]
    if (document === undefined) {
      const names = Object.keys(user.policies)
      const hint = names.length > 0 ? `There are: ${names.join(', ')}.` : 'The user has no policies.'
      throw usageProblem(`The user policy with name ${policyName} cannot be found.`, hint)
    }
    printLine(JSON.stringify(document, null, 4))
  }
}

export class EnginePolicyDelete extends BaseCommand {
  static override summary = 'Take a policy from a user of the local engine'
  static override args = words
  static override flags = flags

  async run(): Promise<void> {
    const { words: given, flags: options } = this.read()
    const [userName = '', policyName = ''] = given
    await change(options, { userName, policyName, document: null })
    printLine(`Policy ${policyName} of user ${userName} is deleted.`)
  }
}

function documentOf(json: string): unknown {
  try {
    const document: unknown = JSON.parse(json)
    // null would mean that the policy goes.
    if (document !== null) return document
  } catch (error) {
    throw usageProblem(`argument --document: invalid JSON: ${(error as Error).message}`)
  }
  throw usageProblem('argument --document: a policy document is a JSON object.')
}
