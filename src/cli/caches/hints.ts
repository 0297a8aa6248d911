/** After a refusal: what a person would look up next, looked up. Loaded only then, and only on a terminal. */

import { type ResourceKind, regionalKinds } from '../../api/catalog/resources.ts'
import { type OperationName, operation } from '../../api/model.ts'
import { kebabCase } from '../../api/names.ts'
import { nearest, thereIs } from '../../api/nearest.ts'
import { shellWord } from '../../api/shell.ts'
import { checkRequest, complaintText } from '../call/checks.ts'
import { checkAtTarget } from '../call/checks-at-target.ts'
import { CallFailed } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { usersOfGroup } from '../waiting/wait-unused.ts'
import { mostNodesAt } from './quotas.ts'
import { unaskedText } from './refusals.ts'
import { type Found, findAll, guessAmong, nameOf } from './resources.ts'

/** The error with a hint where there is something to say; a question that fails on the way there leaves it as it was. */
export async function withHint(client: ApiClient, input: object, error: unknown): Promise<unknown> {
  if (!(error instanceof CallFailed) || error.serviceCode === undefined) return error
  try {
    const hint = await hintFor(client, input, error)
    return hint === undefined ? error : error.withHint([error.hint, hint].filter(Boolean).join('\n'))
  } catch (failure) {
    if (!(failure instanceof CallFailed)) throw failure
    return error
  }
}

async function hintFor(client: ApiClient, input: object, error: CallFailed): Promise<string | undefined> {
  const code = error.serviceCode ?? ''
  const complaints = checkRequest(error.operation, input, await mostNodesAt(client.target))
  const sure = complaints.filter(({ doubt }) => !doubt)
  if (sure.length > 0) return sure.map(complaintText).join('\n')
  const absent = /NotFound(Fault)?$/.test(code) ? await notFoundHint(client, input, error.operation, code) : undefined
  if (absent !== undefined) return absent
  const users = await usersOfGroup(client, error, input)
  if (users.length > 0) {
    return `Used by ${users.join(', ')}. --wait-unused deletes it as soon as nothing uses it any more.`
  }
  const [, subnet] = /input subnets in :\[([\w-]+).*are invalid/.exec(error.message) ?? []
  if (subnet && client.target.kind === 'local') return subnetHint(subnet, client.target.region)
  const seen = await checkAtTarget(client, error.operation, input)
  if (seen.length > 0) return seen.map(complaintText).join('\n')
  if (/State(Fault)?$/.test(code))
    return 'See how it stands: cachectl list. An earlier command with --wait returns when it is done.'
  return complaints.map(complaintText).join('\n') || undefined
}

/** The ids in examples are those of another account. */
const subnetHint = (id: string, region: string): string =>
  `Which there are: cachectl engine subnet list. To make one: cachectl engine subnet create --subnet-id ${shellWord(id)} --availability-zone ${shellWord(`${region}a`)}`

/** The kind that the code says is missing, and the member that names it: `CacheParameterGroupNotFound`. */
async function notFoundHint(client: ApiClient, input: object, name: OperationName, code: string) {
  const shape = code.replace(/NotFound(Fault)?$/, '')
  const wanted = regionalKinds.find((kind) => kind.shape === shape)
  const spoken: unknown = wanted && Reflect.get(input, wanted.id)
  if (!wanted || typeof spoken !== 'string') return undefined
  const unasked = new Map<ResourceKind, CallFailed>()
  const among = [...new Set([wanted, ...regionalKinds.filter(({ cache }) => cache)])]
  const found = await findAll(client, among, (refusal, kind) => unasked.set(kind, refusal))
  const namesake = found.find(({ kind, item }) => kind !== wanted && item[kind.id] === spoken)
  if (namesake) return namesakeHint(namesake, name, spoken)
  const ids = found.filter(({ kind }) => kind === wanted).map(nameOf)
  // The newest of equals: default.memcached1.6 rather than 1.4.
  const guess = nearest(spoken, [...new Set(ids)].sort().reverse())
  if (guess) return `Did you mean ${guess}?`
  const akin = guessAmong(spoken, found)
  if (akin) return akin
  const refusal = unasked.get(wanted)
  if (refusal) return unaskedText(refusal)
  return ids.length === 0 ? `There is no ${wanted.name} here at all.` : thereIs(ids)
}

function namesakeHint({ kind }: Found, name: OperationName, id: string): string {
  const command = kebabCase(sameOn(name, kind) ?? kind.describe)
  return `${id} is a ${kind.name}: cachectl ${command} --${kebabCase(kind.id)} ${shellWord(id)}`
}

/** `DeleteCacheCluster` on a serverless cache is `DeleteServerlessCache`. */
function sameOn(name: OperationName, { shape, describe }: ResourceKind): OperationName | undefined {
  const [verb] = /^[A-Z][a-z]+/.exec(name) ?? []
  const candidate = verb === 'Describe' ? describe : `${verb}${shape}`
  return isKnown(candidate) ? candidate : undefined
}

function isKnown(name: string): name is OperationName {
  return operation(name as OperationName) !== undefined // the cast only asks
}
