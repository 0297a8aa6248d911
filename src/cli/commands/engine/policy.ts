import type { PolicyRequest, UserReport } from '../../../api/identity.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import { meantAmong } from '../../../api/nearest.ts'
import { isObject } from '../../../api/objects.ts'
import { errorMessage } from '../../../api/thrown.ts'
import { orMeant } from '../../caches/choose.ts'
import { readParamfile, textOf } from '../../call/paramfile.ts'
import { command } from '../../command.ts'
import { required, value } from '../../flags.ts'
import { confirmFlags, type GlobalOptions, stateDirFlag } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import { absence, MisplacedProblem, usageProblem } from '../../problem.ts'
import { parsePython, placeInJson } from '../../python/json.ts'
import { control } from '../../target/engine-control.ts'
import { engineOf } from '../../target/state-dir.ts'
import { printLine } from '../../terminal.ts'
import { offering, one } from '../../words.ts'

const user = offering(one('name of the user'), 'engineUser')
const given = { user, policy: offering(one('name of the policy'), 'policy') }

const change = (flags: GlobalOptions, request: PolicyRequest) =>
  control<UserReport>(engineOf(flags), 'POST', CONTROL.policies, request).catch(orNoneOf(flags, request))

/** Either may be the one that there is none of. */
const orNoneOf =
  (flags: GlobalOptions, { userName, policyName }: Pick<PolicyRequest, 'userName' | 'policyName'>) =>
  (error: unknown): Promise<never> =>
    orMeant('engineUser', userName, flags)(error).catch(orMeant('policy', policyName, flags, [userName]))

export const enginePolicyPut = command({
  summary: 'Give a user of the local engine an IAM policy, or another version of it',
  description:
    'A policy document as IAM takes it: Effect, Action or NotAction, Resource or NotResource, and Condition with the keys of ElastiCache (elasticache:CacheNodeType, elasticache:EngineVersion, aws:RequestTag/..., aws:ResourceTag/..., aws:TagKeys, ...). All policies of a user count together, from the next call on; an explicit deny wins.',
  examples: ['engine policy put alice read-only --document file://read-only.json'],
  words: { user, policy: one('name of the policy') },
  flags: {
    ...stateDirFlag,
    document: required(
      value({ summary: 'the document as JSON, or file://<path>', helpValue: '<json>' }, (said, argument) =>
        documentOf(textOf(readParamfile('document', said)), argument),
      ),
    ),
  },
  async run({ words: { user: userName, policy: policyName }, flags }) {
    const { document, json } = flags.document
    await change(flags, { userName, policyName, document }).catch((error: unknown) => {
      if (!(error instanceof MisplacedProblem)) throw error
      throw usageProblem(`${error.message.replace(/\.$/, '')}: ${placeInJson(json, error.at)}`)
    })
    printLine(`Policy ${policyName} of user ${userName} is in effect.`)
  },
})

export const enginePolicyGet = command({
  summary: 'Print a policy of a user of the local engine, as it was given',
  words: given,
  flags: stateDirFlag,
  forms: {},
  async run({ words: { user: userName, policy: policyName }, flags, print }) {
    const users = await control<UserReport[]>(engineOf(flags), 'GET', CONTROL.users)
    const user = users.find((each) => each.userName.toLowerCase() === userName.toLowerCase())
    const names = users.map((each) => each.userName)
    if (!user) throw absence(`The user with name ${userName} cannot be found.`, meantAmong(userName, names))
    const document = user.policies[policyName]
    if (document === undefined) {
      const policies = Object.keys(user.policies)
      const hint = policies.length > 0 ? meantAmong(policyName, policies) : 'The user has no policies.'
      throw absence(`The user policy with name ${policyName} cannot be found.`, hint)
    }
    await print.answer(document, () => JSON.stringify(document, null, 4))
  },
})

export const enginePolicyDelete = command({
  summary: 'Take a policy from a user of the local engine',
  words: given,
  flags: { ...confirmFlags, ...stateDirFlag },
  async run({ words: { user: userName, policy: policyName }, flags }) {
    await confirmDestruction(`Delete policy ${policyName} of user ${userName}?`, flags.yes)
    await change(flags, { userName, policyName, document: null })
    printLine(`Policy ${policyName} of user ${userName} is deleted.`)
  },
})

/** What was given, read, and as it was written: places in it are told. */
function documentOf(json: string, argument: string): { document: object; json: string } {
  let document: unknown
  try {
    // For its words of what is wrong, which tell line and column.
    parsePython(json)
    document = JSON.parse(json)
  } catch (error) {
    throw usageProblem(`argument ${argument}: invalid JSON: ${errorMessage(error)}`)
  }
  if (isObject(document)) return { document, json }
  throw usageProblem(`argument ${argument}: a policy document is a JSON object: ${placeInJson(json, [])}`)
}
