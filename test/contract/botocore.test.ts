/** botocore's own model of the service, which aws-cli is made of: everything in it is in ours. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { inputOf, isOperation, operation, operationNames, structure } from '../../src/api/model.ts'
import { kebabCase } from '../../src/api/names.ts'
import { operationFlags } from '../../src/cli/call/operation-input.ts'
import { type Waiter, waiters } from '../../src/cli/waiting/waiters.ts'

interface Botocore {
  /** Operation -> members of input and output, and what is required. */
  readonly operations: Record<string, { input: string[]; required: string[]; output: string[]; options: string[] }>
  readonly structures: Record<string, string[]>
  readonly paginators: Record<
    string,
    { input_token: string; output_token: string; limit_key: string; result_key: string }
  >
  readonly waiters: Record<string, { operation: string; acceptors: Acceptor[] }>
}

interface Acceptor {
  readonly expected: string
  readonly matcher: string
  readonly state: string
}

const SCRIPT = `
import json, botocore.session
from botocore import xform_name
s = botocore.session.get_session()
m = s.get_service_model('elasticache')
load = lambda kind: s.get_component('data_loader').load_service_model('elasticache', kind)
def members(shape): return list(shape.members) if shape else []
ops = {n: dict(input=members(o.input_shape), required=o.input_shape.required_members if o.input_shape else [],
  output=members(o.output_shape), options=[xform_name(k, '-') for k in members(o.input_shape)])
  for n in m.operation_names for o in [m.operation_model(n)]}
shapes = {n: members(m.shape_for(n)) for n in m.shape_names if m.shape_for(n).type_name == 'structure'}
print(json.dumps(dict(operations=ops, structures=shapes, paginators=load('paginators-1')['pagination'], waiters=load('waiters-2')['waiters'])))
`

const NOTHING: Botocore = { operations: {}, structures: {}, paginators: {}, waiters: {} }

const botocore = installed()

function installed(): Botocore | undefined {
  const { status, stdout } = spawnSync('python3', ['-c', SCRIPT], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return status === 0 ? (JSON.parse(stdout) as Botocore) : undefined
}

describe.skipIf(!botocore)('of the installed botocore (needs python3 with it)', () => {
  const { operations, structures, paginators, waiters: theirs } = botocore ?? NOTHING

  test('every operation is there, and no other', () => {
    expect([...operationNames].sort()).toEqual(Object.keys(operations).sort())
  })

  test('every member of input and output is there, and the same ones are required', () => {
    for (const [name, { input, required, output }] of Object.entries(operations)) {
      if (!isOperation(name)) throw new Error(name)
      expect(Object.keys(inputOf(name).members)).toEqual(expect.arrayContaining(input))
      expect([...inputOf(name).required].sort()).toEqual([...required].sort())
      const shape = operation(name).output
      expect(shape ? Object.keys(structure(shape).members) : []).toEqual(expect.arrayContaining(output))
    }
  })

  test('every member has the option that aws-cli makes of it', () => {
    for (const [name, { options }] of Object.entries(operations)) {
      if (!isOperation(name)) throw new Error(name)
      const flags = Object.entries(operationFlags(name)).flatMap(([flag, { aliases = [] }]) => [flag, ...aliases])
      expect(flags).toEqual(expect.arrayContaining(options))
    }
  })

  test('every member of the structures within is there', () => {
    for (const name of operationNames) {
      const seen = new Set<string>()
      const visit = (shape: string): void => {
        if (seen.has(shape)) return
        seen.add(shape)
        const { members } = structure(shape)
        if (structures[shape]) expect(Object.keys(members)).toEqual(expect.arrayContaining(structures[shape]))
        for (const member of Object.values(members)) {
          const inner = member.kind === 'list' ? member.of : member
          if (inner.kind === 'structure') visit(inner.shape)
        }
      }
      visit(operation(name).input)
      const { output } = operation(name)
      if (output) visit(output)
    }
  })

  test('every paginator is there, with its tokens', () => {
    for (const [name, { input_token, output_token, limit_key, result_key }] of Object.entries(paginators)) {
      if (!isOperation(name)) throw new Error(name)
      expect(operation(name).pagination).toEqual({
        input: input_token,
        output: output_token,
        limit: limit_key,
        results: result_key,
      })
    }
    const paged = operationNames.filter((name) => operation(name).pagination)
    expect([...paged].sort()).toEqual(Object.keys(paginators).sort())
  })

  test('every waiter is there, and ends where theirs does', () => {
    for (const [name, { operation: describes, acceptors }] of Object.entries(theirs)) {
      const own: Waiter | undefined = Object.values(waiters).find((waiter) => waiter.name === name)
      expect(waiters).toHaveProperty(kebabCase(name))
      expect(own).toMatchObject({ operation: describes })
      const expected = (state: string, matcher: RegExp) =>
        acceptors.filter((each) => each.state === state && matcher.test(each.matcher)).map((each) => each.expected)
      expect([own?.success]).toEqual(expected('success', /^path/))
      expect(own?.failures).toEqual(expect.arrayContaining(expected('failure', /^path/)))
      expect(own?.goneCode === undefined ? [] : [own.goneCode]).toEqual(expected('success', /^error$/))
    }
  })
})
