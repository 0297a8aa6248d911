import { describe, expect, test } from 'vitest'
import { type ResourceKind, resources } from '../../../src/api/catalog/resources.ts'
import { model } from '../../../src/api/model.generated.ts'
import { enumValues, inputOf, operation, structure } from '../../../src/api/model.ts'

const codes: Readonly<Record<string, { readonly code: string }>> = model.faults

describe.each(Object.entries<ResourceKind>(resources))('%s is a kind of the API', (_, kind) => {
  const { shape, describe: describeAll, list, id, arn, status, notFound, sourceType } = kind

  test('its operation lists such items, and takes the id of one', () => {
    const { output, pagination, faults } = operation(describeAll)
    expect(pagination?.results).toBe(list)
    expect(output && structure(output).members[list]).toMatchObject({ kind: 'list', of: { kind: 'structure', shape } })
    expect(inputOf(describeAll).members).toHaveProperty(id)
    expect(faults.map((fault) => codes[fault]?.code)).toContain(notFound)
  })

  test('its items have an id, an ARN, and what tells how they stand', () => {
    expect(id).toMatch(new RegExp(`^${shape}(Id|Name)$`))
    for (const member of [id, arn, ...(status ? [status] : [])]) expect(structure(shape).members).toHaveProperty(member)
  })

  test('events of it can be asked for, where it has events', () => {
    if (sourceType) expect(enumValues('SourceType')).toContain(sourceType)
  })
})

test('every source of events has its kind, and no two kinds the same type in ARNs', () => {
  const kinds = Object.values<ResourceKind>(resources)
  expect(kinds.flatMap(({ sourceType }) => sourceType ?? []).sort()).toEqual([...enumValues('SourceType')].sort())
  expect(new Set(kinds.map(({ arnType }) => arnType)).size).toBe(kinds.length)
})
