/** IAM policy documents, as far as they concern the user they belong to. */
import { Fault } from '../../api/faults.ts'
import { isObject } from '../../api/objects.ts'
import { readOperator } from './conditions.ts'

/** Operator -> key -> values, as `{"StringEquals": {"aws:RequestTag/Project": ["Dev", "Prod"]}}`. */
export type Condition = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/** One of each pair: what it is about, or everything else than that. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  readonly action?: readonly string[]
  readonly notAction?: readonly string[]
  readonly resource?: readonly string[]
  readonly notResource?: readonly string[]
  readonly condition: Condition
}

export interface Policy {
  readonly statements: readonly Statement[]
}

const MAX_CHARACTERS = 6_144
const MEMBERS = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'])

const malformed = (what: string) => new Fault('InvalidParameterValue', `The policy document is malformed: ${what}`)

/**
 * Reads a document of a user's policy, given as JSON. Throws InvalidParameterValue that says what is wrong with it: what
 * this engine could not evaluate is not taken.
 */
export function readPolicy(document: unknown): Policy {
  if (!isObject(document)) throw malformed('it must be a JSON object.')
  if (JSON.stringify(document).length > MAX_CHARACTERS)
    throw malformed(`it is longer than ${MAX_CHARACTERS} characters.`)
  const { Version = '2008-10-17', Statement } = document
  if (Version !== '2012-10-17' && Version !== '2008-10-17') throw malformed('Version must be 2012-10-17.')
  const statements = Array.isArray(Statement) ? Statement : [Statement]
  if (Statement === undefined || statements.length === 0) throw malformed('it has no Statement.')
  return { statements: statements.map(readStatement) }
}

function readStatement(statement: unknown): Statement {
  if (!isObject(statement)) throw malformed('a Statement must be an object.')
  const { Effect, Action, NotAction, Resource, NotResource, Condition = {} } = statement
  if ('Principal' in statement || 'NotPrincipal' in statement) {
    throw malformed("a user's policy has no Principal: it is the user.")
  }
  for (const member of Object.keys(statement)) {
    if (!MEMBERS.has(member)) throw malformed(`a Statement has no ${member}.`)
  }
  if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed('Effect must be Allow or Deny.')
  refuseUnlessOne(Action, NotAction, 'Action', 'NotAction')
  refuseUnlessOne(Resource, NotResource, 'Resource', 'NotResource')
  return {
    effect: Effect,
    ...(Action !== undefined && { action: readActions(Action, 'Action') }),
    ...(NotAction !== undefined && { notAction: readActions(NotAction, 'NotAction') }),
    ...(Resource !== undefined && { resource: readResources(Resource, 'Resource') }),
    ...(NotResource !== undefined && { notResource: readResources(NotResource, 'NotResource') }),
    condition: readCondition(Condition),
  }
}

function refuseUnlessOne(one: unknown, other: unknown, name: string, otherName: string): void {
  if ((one === undefined) === (other === undefined)) {
    throw malformed(`a Statement needs either ${name} or ${otherName}.`)
  }
}

function readActions(value: unknown, where: string): string[] {
  const actions = readStrings(value, where)
  for (const action of actions) {
    if (action !== '*' && !/^[\w-]+:[\w*?]+$/.test(action)) {
      throw malformed(`${action} is not an action, such as elasticache:Describe*.`)
    }
  }
  return actions
}

function readResources(value: unknown, where: string): string[] {
  const resources = readStrings(value, where)
  for (const resource of resources) {
    if (resource !== '*' && !resource.startsWith('arn:')) throw malformed(`${resource} is neither an ARN nor *.`)
  }
  return resources
}

function readCondition(value: unknown): Condition {
  if (!isObject(value)) throw malformed('Condition must be an object.')
  return Object.fromEntries(
    Object.entries(value).map(([operator, keys]) => {
      if (!readOperator(operator)) throw malformed(`there is no condition operator ${operator}.`)
      if (!isObject(keys)) throw malformed(`${operator} needs condition keys.`)
      const read = Object.entries(keys).map(([key, values]) => [key, readStrings(values, `${operator} ${key}`)])
      return [operator, Object.fromEntries(read)]
    }),
  )
}

/** A string or a list of them; numbers and booleans are taken for the strings they are written as. */
function readStrings(value: unknown, where: string): string[] {
  const values = Array.isArray(value) ? value : [value]
  if (values.length === 0) throw malformed(`${where} has no values.`)
  return values.map((each) => {
    if (typeof each === 'string') return each
    if (typeof each === 'number' || typeof each === 'boolean') return String(each)
    throw malformed(`${where} must be a string or a list of strings.`)
  })
}
