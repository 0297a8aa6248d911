/** IAM policy documents, as far as they concern the user they belong to. */
import { isObject } from '../../api/objects.ts'
import { invalid, type JsonPath } from '../../api/refusals.ts'
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

const malformed = (what: string, at: JsonPath) => invalid(`The policy document is malformed: ${what}`, at)

/**
 * Reads a document of a user's policy, given as JSON. Throws InvalidParameterValue that says what is wrong with it, and where: what
 * this engine could not evaluate is not taken.
 */
export function readPolicy(document: unknown): Policy {
  if (!isObject(document)) throw malformed('it must be a JSON object.', [])
  if (JSON.stringify(document).length > MAX_CHARACTERS)
    throw malformed(`it is longer than ${MAX_CHARACTERS} characters.`, [])
  const { Version = '2008-10-17', Statement } = document
  if (Version !== '2012-10-17' && Version !== '2008-10-17') throw malformed('Version must be 2012-10-17.', ['Version'])
  if (Statement === undefined) throw malformed('it has no Statement.', [])
  if (!Array.isArray(Statement)) return { statements: [readStatement(Statement, ['Statement'])] }
  if (Statement.length === 0) throw malformed('it has no Statement.', ['Statement'])
  return { statements: Statement.map((each, index) => readStatement(each, ['Statement', index])) }
}

function readStatement(statement: unknown, at: JsonPath): Statement {
  if (!isObject(statement)) throw malformed('a Statement must be an object.', at)
  const { Effect, Condition } = statement
  for (const member of ['Principal', 'NotPrincipal']) {
    if (member in statement) throw malformed("a user's policy has no Principal: it is the user.", [...at, member])
  }
  for (const member of Object.keys(statement)) {
    if (!MEMBERS.has(member)) throw malformed(`a Statement has no ${member}.`, [...at, member])
  }
  if (Effect === undefined) throw malformed('a Statement needs an Effect, Allow or Deny.', at)
  if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed('Effect must be Allow or Deny.', [...at, 'Effect'])
  refuseUnlessOne(statement, 'Action', 'NotAction', at)
  refuseUnlessOne(statement, 'Resource', 'NotResource', at)
  const read = (name: string, check: Check) =>
    statement[name] === undefined ? undefined : readStrings(statement[name], name, [...at, name], check)
  const [action, notAction] = [read('Action', checkAction), read('NotAction', checkAction)]
  const [resource, notResource] = [read('Resource', checkResource), read('NotResource', checkResource)]
  return {
    effect: Effect,
    ...(action && { action }),
    ...(notAction && { notAction }),
    ...(resource && { resource }),
    ...(notResource && { notResource }),
    condition: Condition === undefined ? {} : readCondition(Condition, [...at, 'Condition']),
  }
}

function refuseUnlessOne(statement: object, name: string, otherName: string, at: JsonPath): void {
  if (name in statement === otherName in statement) {
    throw malformed(`a Statement needs either ${name} or ${otherName}.`, at)
  }
}

/** Throws for a value that cannot be meant. */
type Check = (value: string, at: JsonPath) => void

const checkAction: Check = (action, at) => {
  if (action !== '*' && !/^[\w-]+:[\w*?]+$/.test(action)) {
    throw malformed(`${action} is not an action, such as elasticache:Describe*.`, at)
  }
}

const checkResource: Check = (resource, at) => {
  if (resource !== '*' && !resource.startsWith('arn:')) throw malformed(`${resource} is neither an ARN nor *.`, at)
}

function readCondition(value: unknown, at: JsonPath): Condition {
  if (!isObject(value)) throw malformed('Condition must be an object.', at)
  return Object.fromEntries(
    Object.entries(value).map(([operator, keys]) => {
      const there = [...at, operator]
      if (!readOperator(operator)) throw malformed(`there is no condition operator ${operator}.`, there)
      if (!isObject(keys)) throw malformed(`${operator} needs condition keys.`, there)
      const read = Object.entries(keys).map(([key, values]) => [
        key,
        readStrings(values, `${operator} ${key}`, [...there, key]),
      ])
      return [operator, Object.fromEntries(read)]
    }),
  )
}

/** A string or a list of them; numbers and booleans are taken for the strings they are written as. */
function readStrings(value: unknown, where: string, at: JsonPath, check?: Check): string[] {
  if (Array.isArray(value) && value.length === 0) throw malformed(`${where} has no values.`, at)
  const read = (each: unknown, there: JsonPath): string => {
    if (!['string', 'number', 'boolean'].includes(typeof each)) {
      throw malformed(`${where} must be a string or a list of strings.`, there)
    }
    check?.(String(each), there)
    return String(each)
  }
  return Array.isArray(value) ? value.map((each, index) => read(each, [...at, index])) : [read(value, at)]
}
