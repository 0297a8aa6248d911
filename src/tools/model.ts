/**
 * Writes src/api/model.generated.ts from @aws-sdk/client-elasticache: operations, members, kinds, wire names and faults
 * from its run-time schemas; enums, thrown faults and pagination tokens, which the schemas lack, from its declarations.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as sdk from '@aws-sdk/client-elasticache'
import { isObject } from '../api/objects.ts'
import { doubles, memberOrder, otherNames } from '../api/overrides.ts'
import type { EnumName, Fault, Member, Model, Operation, Pagination, Structure } from '../api/shapes.ts'

type Traits = number | Record<string, unknown>
type Schema = readonly [id: number, namespace: string, name: string, traits: Traits, ...rest: unknown[]]
type Ref = number | Schema | (() => Schema) | readonly [Ref, Traits]

const SCHEMA = { simple: 0, list: 1, structure: 3, error: -3, operation: 9 } as const
const SIMPLE_KINDS: Record<number, 'string' | 'number' | 'boolean' | 'timestamp'> = {
  0: 'string',
  1: 'number',
  2: 'boolean',
  4: 'timestamp',
}
const LIST_OF = 64

const packageRoot = dirname(createRequire(import.meta.url).resolve('@aws-sdk/client-elasticache/package.json'))
const declarations = (path: string) => readFileSync(join(packageRoot, 'dist-types', path), 'utf8')

/** The whole API as one value; a pure function of the installed SDK package. */
export function buildModel(): Model {
  const schemas = Object.values<unknown>(sdk).filter(isSchema)
  const enums = readEnums(declarations('models/enums.d.ts'))
  const memberTypes = readMemberTypes(declarations('models/models_0.d.ts'))

  const structures: Record<string, Structure> = {}
  const operations: Record<string, Operation> = {}
  const faults: Record<string, Fault> = {}

  const describeStructure = (schema: Schema): string => {
    const name = schema[2]
    if (structures[name]) return name
    const [names, refs, requiredCount = 0] = schema.slice(4) as [string[], Ref[], number?] // of a structure
    const members: Record<string, Member> = {}
    structures[name] = { required: names.slice(0, requiredCount), members }
    for (const member of new Set([...(memberOrder[name] ?? []), ...names])) {
      // Overrides name members that there are.
      const described = describeMember(refs[names.indexOf(member)] as Ref, memberTypes.get(`${name}.${member}`))
      const also = otherNames[name]?.[member]
      if (doubles[name]?.includes(member)) members[member] = { kind: 'number', double: true }
      else members[member] = described.kind === 'list' && also !== undefined ? { ...described, also } : described
    }
    return name
  }

  const describeMember = (ref: Ref, declared: string | undefined): Member => {
    if (typeof ref === 'function') return describeMember(ref(), declared)
    if (typeof ref === 'number') {
      if (ref & LIST_OF)
        return { kind: 'list', item: 'member', of: describeMember(ref & ~LIST_OF, elementOf(declared)) }
      const kind = SIMPLE_KINDS[ref]
      if (!kind) throw new Error(`unknown simple schema ${ref}`)
      return kind === 'string' && declared && declared in enums ? { kind, enum: declared } : { kind }
    }
    if (!isSchema(ref)) return describeMember(ref[0] as Ref, declared) // with traits behind it
    if (ref[0] === SCHEMA.structure) return { kind: 'structure', shape: describeStructure(ref) }
    if (ref[0] === SCHEMA.list) {
      const element = ref[4] as Ref // of a list
      return { kind: 'list', item: itemName(element), of: describeMember(element, elementOf(declared)) }
    }
    throw new Error(`unknown schema ${ref[0]} for ${ref[2]}`)
  }

  for (const schema of schemas) {
    if (schema[0] === SCHEMA.operation) {
      const [input, output] = (schema.slice(4) as Ref[]).map(resolve) as [Schema, Schema] // of an operation
      operations[schema[2]] = {
        input: describeStructure(input),
        output: isSchema(output) && output[2] !== '__Unit' ? describeStructure(output) : null,
        faults: thrownFaults(schema[2]),
      }
    }
    if (schema[0] === SCHEMA.error) {
      const traits = schema[3] as { awsQueryError?: [string, number] } // of an error
      const query = traits.awsQueryError
      if (query) faults[schema[2]] = { code: query[0], status: query[1] }
    }
  }
  for (const [name, tokens] of readPagination()) {
    const operation = operations[name]
    if (operation?.output) operation.pagination = { ...tokens, results: resultsPath(structures, operation.output) }
  }
  return {
    apiVersion: '2015-02-02',
    namespace: 'http://elasticache.amazonaws.com/doc/2015-02-02/',
    operations: sorted(operations),
    structures: sorted(structures),
    enums: sorted(enums),
    faults: sorted(faults),
  }
}

const isSchema = (value: unknown): value is Schema =>
  Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string' && typeof value[2] === 'string'

const resolve = (ref: Ref): Ref => (typeof ref === 'function' ? ref() : ref)

/** Query and XML name of a list's elements: `member` unless the model says otherwise. */
function itemName(element: Ref): string {
  if (Array.isArray(element) && !isSchema(element)) {
    const [, traits] = element
    if (isObject(traits) && typeof traits.xmlName === 'string') return traits.xmlName
  }
  return 'member'
}

const elementOf = (declared: string | undefined) => declared?.replace(/\[\]$/, '')

function readEnums(source: string): Record<EnumName, string[]> {
  const enums: Record<EnumName, string[]> = {}
  for (const [, name = '', body = ''] of source.matchAll(/export declare const (\w+): \{([^}]*)\}/g)) {
    enums[name] = [...body.matchAll(/: "([^"]*)"/g)].map(([, value = '']) => value)
  }
  return enums
}

/** `Structure.Member` -> declared TypeScript type, without `| undefined`. */
function readMemberTypes(source: string): Map<string, string> {
  const types = new Map<string, string>()
  for (const [, structure, body = ''] of source.matchAll(/export interface (\w+) \{\n([\s\S]*?)\n\}/g)) {
    for (const [, member, type = ''] of body.matchAll(/^ {4}(\w+)\??: ([^;|]+?)(?: \| undefined)?;$/gm)) {
      types.set(`${structure}.${member}`, type)
    }
  }
  return types
}

function thrownFaults(operation: string): string[] {
  const source = declarations(`commands/${operation}Command.d.ts`)
  return [...source.matchAll(/@throws \{@link (\w+)\} \((?:client|server) fault\)/g)].map(([, fault = '']) => fault)
}

function readPagination(): [operation: string, Omit<Pagination, 'results'>][] {
  const folder = join(packageRoot, 'dist-es/pagination')
  return readdirSync(folder)
    .filter((file) => file.endsWith('Paginator.js'))
    .map((file) => {
      const source = readFileSync(join(folder, file), 'utf8')
      const call = /createPaginator\(\w+, (\w+)Command, "([^"]+)", "([^"]+)", "([^"]+)"\)/.exec(source)
      if (!call) throw new Error(`no paginator found in ${file}`)
      const [, operation = '', input = '', output = '', limit = ''] = call
      return [operation, { input, output, limit }]
    })
}

/** Path of the first list in an output, one structure deep at most (`EngineDefaults.Parameters`). */
function resultsPath(structures: Record<string, Structure>, shape: string): string {
  const members = Object.entries(structures[shape]?.members ?? {})
  for (const [name, member] of members) if (member.kind === 'list') return name
  for (const [name, member] of members) {
    if (member.kind === 'structure') return `${name}.${resultsPath(structures, member.shape)}`
  }
  throw new Error(`${shape} holds no list`)
}

const sorted = <T>(table: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)))

/** The generated module's text: one line an operation, fault, enum and member, so that an SDK upgrade reads as a diff. */
export function renderModel(model: Model, sdkVersion: string): string {
  const table = (entries: Record<string, unknown>) =>
    Object.entries(entries)
      .map(([name, value]) => `    ${name}: ${JSON.stringify(value)},`)
      .join('\n')
  const structures = Object.entries(model.structures).map(([name, { required, members }]) => {
    const lines = Object.entries(members).map(([member, kind]) => `        ${member}: ${JSON.stringify(kind)},`)
    return `    ${name}: {\n      required: ${JSON.stringify(required)},\n      members: {\n${lines.join('\n')}\n      },\n    },`
  })
  return `// Generated by src/tools/model.ts from @aws-sdk/client-elasticache ${sdkVersion} (Apache-2.0). Do not edit: npm run generate.
import type { Model } from './shapes.ts'

export const model = {
  apiVersion: '${model.apiVersion}',
  namespace: '${model.namespace}',
  operations: {
${table(model.operations)}
  },
  structures: {
${structures.join('\n')}
  },
  enums: {
${table(model.enums)}
  },
  faults: {
${table(model.faults)}
  },
} as const satisfies Model
`
}

export const modelFile = new URL('../api/model.generated.ts', import.meta.url)

export function generateModel(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
  return renderModel(buildModel(), version)
}

if (process.argv[1]?.endsWith('tools/model.ts')) writeFileSync(modelFile, generateModel())
