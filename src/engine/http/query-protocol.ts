/**
 * The AWS Query protocol, server side: `Name.member.1.Key=v` in, XML out, both driven by the API model.
 * Lists are accepted under their modelled element name (what SDKs send), under `member` (what the guide prints) and bare
 * (`param.n`, guide, "Using the Query API").
 */
import { Fault, type FaultCode } from '../../api/faults.ts'
import { model } from '../../api/model.generated.ts'
import type { Member, Model, Structure } from '../../api/shapes.ts'
import { misnamed, unknownParameter } from './unknown-parameter.ts'

/** Of the protocol or of signature versions that sign in the query string; never members of an operation. */
const PROTOCOL_PARAMETERS = new Set([
  'Action',
  'Version',
  'AWSAccessKeyId',
  'Expires',
  'Region',
  'SecurityToken',
  'Signature',
  'SignatureMethod',
  'SignatureVersion',
  'Timestamp',
])

/**
 * More than any request of the models can hold: 500 metrics, or shards, with all that can be said of each; the longest texts,
 * ARNs, have 2048 characters; the deepest name is that of a metric's dimension. AWS's own bounds are not known.
 */
const MOST_PARAMETERS = 20_000
const MOST_ITEMS = 1_000
const MOST_CHARACTERS = 4_096
const DEEPEST_NAME = 12
const LONGEST_NAME = 512

/** Values by name. Of a name that is there twice the last value counts. */
export type Parameters = ReadonlyMap<string, string>

/** Query string and body alike may hold parameters; a POST's body comes second and wins. */
export function readParameters(request: {
  readonly method: string
  readonly query: string
  readonly body: Buffer
}): Parameters {
  const texts = request.method === 'POST' ? [request.query, request.body.toString()] : [request.query]
  const length = texts.reduce((sum, text) => sum + text.length + 1, 0)
  // What is shorter has not so many, and need not be counted.
  const pairs = length > MOST_PARAMETERS ? texts.reduce((sum, text) => sum + countOf('&', text) + 1, 0) : 0
  if (pairs > MOST_PARAMETERS) {
    throw new Fault(
      'InvalidQueryParameter',
      `A request has ${MOST_PARAMETERS} parameters at most; this one has ${pairs}.`,
    )
  }
  const parameters = new Map<string, string>()
  for (const text of texts) for (const [name, value] of new URLSearchParams(text)) parameters.set(name, value)
  return parameters
}

function countOf(character: string, text: string): number {
  let count = 0
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++
  return count
}

interface Tree {
  value?: string
  readonly children: Map<string, Tree>
}

/** Parameters of one request as a tree, cut at the dots. */
function parameterTree(parameters: Iterable<readonly [string, string]>): Tree {
  const root: Tree = { children: new Map() }
  for (const [name, value] of parameters) {
    if (PROTOCOL_PARAMETERS.has(name) || name.startsWith('X-Amz-')) continue
    const parts = name.length > LONGEST_NAME ? [] : name.split('.', DEEPEST_NAME + 1)
    if (parts.length === 0 || parts.length > DEEPEST_NAME) {
      throw new Fault('InvalidQueryParameter', `Unknown parameter ${name.slice(0, LONGEST_NAME)}.`)
    }
    let at = root
    for (const part of parts) {
      const next = at.children.get(part) ?? { children: new Map() }
      at.children.set(part, next)
      at = next
    }
    at.value = value
  }
  return root
}

/**
 * The operation's typed input. Refuses members it does not have and values of the wrong kind.
 * @param api ElastiCache's model unless another service's is given.
 */
export function decodeInput(
  name: string,
  parameters: Iterable<readonly [string, string]>,
  api: Model = model,
): Record<string, unknown> {
  const shape = operationOf(name, api).input
  const input = readStructure(shape, parameterTree(parameters), '', api)
  for (const required of structureOf(shape, api).required) {
    if (input[required] === undefined) throw missing(required)
  }
  return input
}

function operationOf(name: string, api: Model) {
  const found = api.operations[name]
  if (!found) throw new Error(`the API model has no operation ${name}`)
  return found
}

function structureOf(shape: string, api: Model): Structure {
  const found = api.structures[shape]
  if (!found) throw new Error(`the API model has no structure ${shape}`)
  return found
}

/** AWS's words for a parameter that is needed, and absent or, as it says of names, empty. */
export const missing = (parameter: string, given?: string): Fault =>
  new Fault(
    'InvalidParameterValue',
    `The parameter ${parameter} must be provided and must not be ${given === '' ? 'blank' : 'null'}.`,
  )

function readStructure(shape: string, tree: Tree, path: string, api: Model): Record<string, unknown> {
  const { members } = structureOf(shape, api)
  const result: Record<string, unknown> = {}
  for (const [name, child] of tree.children) {
    // `constructor` is a name like any other in a request, and no member.
    const member = Object.hasOwn(members, name) ? members[name] : undefined
    if (!member) throw unknownParameter(path, name, Object.keys(members))
    result[name] = readMember(member, child, `${path}${name}`, api)
  }
  return result
}

function readMember(member: Member, tree: Tree, path: string, api: Model): unknown {
  switch (member.kind) {
    case 'structure':
      if (tree.value) throw misnamed(path, `${path}.${Object.keys(structureOf(member.shape, api).members)[0]}`)
      return readStructure(member.shape, tree, `${path}.`, api)
    case 'list':
      return readList(member, tree, path, api)
    default:
      if (tree.children.size > 0) throw new Fault('InvalidQueryParameter', `${path} is not a list or a structure.`)
      return readScalar(member, tree.value ?? '', path, api)
  }
}

/** What XML has no way to say, not even escaped, and the other control characters; halves of a surrogate pair as well. */
const UNSPEAKABLE = /(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/u

/** An empty list is sent as `Name=`. Its elements are under one name or the other, never under several. */
function readList(member: List, tree: Tree, path: string, api: Model): unknown[] {
  const under = [member.item, 'member'].find((name) => tree.children.has(name))
  const items = under === undefined ? tree : (tree.children.get(under) as Tree) // it has one
  const right = `${path}.${member.item}.1`
  if (tree.value) throw misnamed(path, right)
  if (items.value) throw misnamed(`${path}.${under}`, right)
  const stray = under === undefined ? undefined : [...tree.children.keys()].find((name) => name !== under)
  if (stray !== undefined) throw misnamed(`${path}.${stray}`, right)
  if (items.children.size > MOST_ITEMS) {
    throw new Fault('InvalidParameterValue', `${path} must not have more than ${MOST_ITEMS} items.`)
  }
  return [...items.children]
    .map(([index, child]): [number, Tree] => {
      if (!/^\d+$/.test(index))
        throw misnamed(under === undefined ? `${path}.${index}` : `${path}.${under}.${index}`, right)
      return [Number(index), child]
    })
    .sort(([a], [b]) => a - b)
    .map(([index, child]) => readMember(member.of, child, `${path}.${member.item}.${index}`, api))
}

/** Values of enums for which the service's own words are known: these are moto's. */
function refusedValue(enumName: string | undefined, text: string): Fault | undefined {
  if (enumName !== 'InputAuthenticationType') return undefined
  return new Fault(
    'InvalidParameterValue',
    `Input Authentication type: ${text} is not in the allowed list: [password,no-password-required,iam]`,
  )
}

function readScalar(member: Member, text: string, path: string, api: Model): unknown {
  if (text.length > MOST_CHARACTERS) {
    throw new Fault(
      'InvalidParameterValue',
      `The parameter ${path} must not have more than ${MOST_CHARACTERS} characters.`,
    )
  }
  const invalid = (wanted: string) =>
    new Fault('InvalidParameterValue', `Invalid value '${text}' for ${path}: ${wanted} is needed.`)
  switch (member.kind) {
    case 'string': {
      if (UNSPEAKABLE.test(text)) {
        throw new Fault('InvalidParameterValue', `The parameter ${path} has characters that are not allowed.`)
      }
      const allowed = member.enum ? api.enums[member.enum] : undefined
      if (allowed && !allowed.includes(text))
        throw refusedValue(member.enum, text) ?? invalid(`one of ${allowed.join(', ')}`)
      return text
    }
    case 'number':
      if (member.double) {
        if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(Number(text))) throw invalid('a number')
        return Number(text)
      }
      if (!/^-?\d{1,15}$/.test(text)) throw invalid('an integer')
      return Number(text)
    case 'boolean':
      if (!/^(true|false)$/i.test(text)) throw invalid('true or false')
      return text.toLowerCase() === 'true'
    case 'timestamp': {
      const time = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
      if (Number.isNaN(time)) throw invalid('an ISO 8601 time')
      return new Date(time)
    }
    default:
      throw new Error(`${path} is not a scalar`)
  }
}

const XML_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** The content type of answers of a Query API. */
export const XML = 'text/xml;charset=utf-8'

/** `<OpResponse><OpResult>...</OpResult><ResponseMetadata>...`; without a result element for operations that answer nothing. */
export function encodeResult(name: string, output: object, requestId: string, api: Model = model): string {
  const shape = operationOf(name, api).output
  const result = shape === null ? '' : `<${name}Result>${writeStructure(shape, output, api)}</${name}Result>`
  return `${XML_HEADER}<${name}Response xmlns="${api.namespace}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`
}

/** The XML document of a fault; below 500 it is the sender's. */
export function encodeFault(
  fault: { code: FaultCode; message: string; status: number },
  requestId: string,
  { namespace }: Pick<Model, 'namespace'> = model,
): string {
  const type = fault.status < 500 ? 'Sender' : 'Receiver'
  return `${XML_HEADER}<ErrorResponse xmlns="${namespace}"><Error><Type>${type}</Type><Code>${fault.code}</Code><Message>${escapeXml(fault.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
}

function writeStructure(shape: string, value: object, api: Model): string {
  let xml = ''
  for (const [name, member] of Object.entries(structureOf(shape, api).members)) {
    const part = (value as Record<string, unknown>)[name] // any object may be asked for a member
    if (part === undefined || part === null) continue
    const written = writeMember(member, part, api)
    xml += `<${name}>${written}</${name}>`
    if (member.kind === 'list' && member.also !== undefined) xml += `<${member.also}>${written}</${member.also}>`
  }
  return xml
}

/** The value is of the member's kind: the types of handlers see to it. */
function writeMember(member: Member, value: unknown, api: Model): string {
  switch (member.kind) {
    case 'structure':
      return writeStructure(member.shape, value as object, api) // of the member's kind
    case 'list':
      return writeList(member, value as readonly unknown[], api) // of the member's kind
    case 'timestamp':
      return (value as Date).toISOString() // of the member's kind
    case 'string':
      return escapeXml(value as string) // of the member's kind
    default:
      return String(value)
  }
}

type List = Extract<Member, { kind: 'list' }>

/** XML of lists of structures, by their first item; good as long as they hold the very same items. */
const LISTS = new WeakMap<object, { readonly items: readonly unknown[]; readonly xml: string }>()

/** Clusters change less often than they are asked for (measured: with 100 of them a seventh of an answer's time). */
function writeList(list: List, items: readonly unknown[], api: Model): string {
  const [first] = items
  const known = typeof first === 'object' && first !== null ? LISTS.get(first) : undefined
  if (known && known.items.length === items.length && known.items.every((item, at) => item === items[at])) {
    return known.xml
  }
  const xml = items.map((item) => writeItem(list, item, api)).join('')
  if (typeof first === 'object' && first !== null) LISTS.set(first, { items: [...items], xml })
  return xml
}

/** XML of structures that stand in lists, by their identity: handlers give the same object for the same unchanged record. */
const ITEMS = new WeakMap<object, string>()

function writeItem(list: List, item: unknown, api: Model): string {
  if (list.of.kind !== 'structure') return `<${list.item}>${writeMember(list.of, item, api)}</${list.item}>`
  const known = ITEMS.get(item as object) // a structure
  if (known !== undefined) return known
  const pieces = `<${list.item}>${writeMember(list.of, item, api)}</${list.item}>`
  // Through bytes and back: a string of hundreds of pieces would be put together anew in every answer (measured: 37 % of
  // the time of an answer with 100 clusters).
  const xml = Buffer.from(pieces).toString()
  ITEMS.set(item as object, xml) // as above
  return xml
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
  '\n': '&#xA;',
}

/** What cannot be said in XML becomes the replacement character: one such name must not make a whole list unreadable. */
const escapeXml = (text: string): string =>
  /[&<>"\p{Cc}\p{Cs}\ufffe\uffff]/u.test(text)
    ? text.replace(/[&<>"\r\n]|(?!\t)[\p{Cc}\p{Cs}\ufffe\uffff]/gu, (character) => ESCAPES[character] ?? '\ufffd')
    : text
