/** True of every operation: what the real SDK client sends is what the codec reads, and what the codec writes it reads. */
import * as sdk from '@aws-sdk/client-elasticache'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/api/faults.ts'
import { enumValues, inputOf, type OperationName, operation, operationNames, structure } from '../../src/api/model.ts'
import type { Member } from '../../src/api/shapes.ts'
import { decodeInput, encodeResult } from '../../src/engine/http/query-protocol.ts'

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((value) => value.trim() === value && !/\p{Cc}|\uFFFE|\uFFFF/u.test(value))

function arbitraryOf(member: Member, depth = 0): fc.Arbitrary<unknown> {
  switch (member.kind) {
    case 'string':
      return member.enum ? fc.constantFrom(...enumValues(member.enum)) : text
    case 'number':
      return fc.integer({ min: 0, max: 1_000_000 })
    case 'boolean':
      return fc.boolean()
    case 'timestamp':
      return fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    case 'list':
      return fc.array(arbitraryOf(member.of, depth + 1), { minLength: 1, maxLength: 3 })
    case 'structure':
      return structureOf(member.shape, depth + 1, 1)
  }
}

/** A structure with all required members; an empty one inside a list cannot be said in this protocol. */
function structureOf(shape: string, depth: number, minKeys = 0): fc.Arbitrary<Record<string, unknown>> {
  const { members, required } = structure(shape)
  const kept = depth > 4 ? [] : Object.entries(members)
  return fc
    .record(Object.fromEntries(kept.map(([name, member]) => [name, arbitraryOf(member, depth)])), {
      requiredKeys:
        minKeys > 0
          ? kept
              .slice(0, 1)
              .map(([name]) => name)
              .concat(required)
          : [...required],
    })
    .map((record) => ({ ...record }))
}

/** Sends the command through the SDK's own serialiser and parser, with `answer` in place of a network. */
async function exchange(name: OperationName, input: object, answer: (body: string) => string): Promise<object> {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: every command is wanted here
  const Command = sdk[`${name}Command`] as unknown as new (input: object) => never
  const client = new sdk.ElastiCacheClient({
    region: 'us-west-2',
    endpoint: 'http://127.0.0.1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: {
      handle: async ({ body }: { body: string }) => ({
        response: { statusCode: 200, headers: {}, body: new Uint8Array(Buffer.from(answer(body))), reason: 'OK' },
      }),
    } as never,
  })
  const { $metadata: _, ...output } = (await client.send(new Command(input))) as { $metadata: unknown }
  return output
}

describe.each(operationNames)('%s', (name) => {
  test('input: the codec reads what the SDK sends', async () => {
    await fc.assert(
      fc.asyncProperty(structureOf(operation(name).input, 0), async (input) => {
        let read: object = {}
        await exchange(name, input, (body) => {
          read = decodeInput(name, new URLSearchParams(body))
          return encodeResult(name, {}, 'id')
        })
        expect(read).toEqual(input)
      }),
      { numRuns: 8 },
    )
  })

  test('output: the SDK reads what the codec writes', async () => {
    const { output: shape, input } = operation(name)
    if (shape === null) return
    await fc.assert(
      fc.asyncProperty(structureOf(shape, 0), structureOf(input, 0), async (output, request) => {
        expect(await exchange(name, request, () => encodeResult(name, output, 'id'))).toEqual(output)
      }),
      { numRuns: 8 },
    )
  })

  test('every required member is asked for', () => {
    const { required } = inputOf(name)
    if (required.length === 0) return
    expect(() => decodeInput(name, new URLSearchParams())).toThrow(/must be provided and must not be null/)
  })
})

describe('forms the guide prints', () => {
  test('lists under .member instead of their own name', () => {
    const parameters = new URLSearchParams(
      'Action=RebootCacheCluster&CacheClusterId=c&CacheNodeIdsToReboot.member.1=0001&CacheNodeIdsToReboot.member.2=0002',
    )
    expect(decodeInput('RebootCacheCluster', parameters)).toEqual({
      CacheClusterId: 'c',
      CacheNodeIdsToReboot: ['0001', '0002'],
    })
  })

  test('lists under bare numbers, in the order of the numbers', () => {
    const parameters = new URLSearchParams('CacheClusterId=c&CacheNodeIdsToReboot.10=b&CacheNodeIdsToReboot.2=a')
    expect(decodeInput('RebootCacheCluster', parameters)).toEqual({
      CacheClusterId: 'c',
      CacheNodeIdsToReboot: ['a', 'b'],
    })
  })

  test('structures in lists', () => {
    const parameters = new URLSearchParams('ResourceName=r&Tags.member.1.Key=k&Tags.member.1.Value=v')
    expect(decodeInput('AddTagsToResource', parameters)).toEqual({
      ResourceName: 'r',
      Tags: [{ Key: 'k', Value: 'v' }],
    })
  })

  test('protocol parameters of older signature versions are not members', () => {
    const parameters = new URLSearchParams(
      'Action=DescribeEvents&Version=2015-02-02&SignatureVersion=4&SignatureMethod=HmacSHA256&Timestamp=20150202T192317Z&Region=us-east-2&X-Amz-Date=x&MaxRecords=40',
    )
    expect(decodeInput('DescribeEvents', parameters)).toEqual({ MaxRecords: 40 })
  })
})

describe('what cannot be honoured is refused, not ignored', () => {
  test.each([
    ['an unknown parameter', 'CacheClusterIdentifier=c', 'InvalidQueryParameter'],
    ['a number that is none', 'MaxRecords=many', 'InvalidParameterValue'],
    ['a boolean that is none', 'ShowCacheNodeInfo=maybe', 'InvalidParameterValue'],
    ['a structure where a value belongs', 'CacheClusterId.x=c', 'InvalidQueryParameter'],
  ])('%s', (_, query, code) => {
    expect(() => decodeInput('DescribeCacheClusters', new URLSearchParams(query))).toThrow(
      expect.objectContaining({ code }),
    )
  })

  test.each([
    ['another case', 'CacheClusterID=c', 'CacheClusterID', 'CacheClusterId'],
    ['a letter too few', 'CacheClusterI=c', 'CacheClusterI', 'CacheClusterId'],
    ['a longer word', 'CacheClusterIdentifier=c', 'CacheClusterIdentifier', 'CacheClusterId'],
    ['words left out', 'NumNodes=3', 'NumNodes', 'NumCacheNodes'],
    ['the singular of a list', 'CacheNodeIdToRemove.1=0001', 'CacheNodeIdToRemove', 'CacheNodeIdsToRemove'],
    [
      'elements under a name of their own',
      'CacheNodeIdsToRemove.NodeId.1=0001',
      'CacheNodeIdsToRemove.NodeId',
      'CacheNodeIdsToRemove.CacheNodeId.1',
    ],
    [
      'elements under two names',
      'CacheNodeIdsToRemove.CacheNodeId.1=0001&CacheNodeIdsToRemove.member.2=0002',
      'CacheNodeIdsToRemove.member',
      'CacheNodeIdsToRemove.CacheNodeId.1',
    ],
    ['a list as one value', 'CacheNodeIdsToRemove=0001', 'CacheNodeIdsToRemove', 'CacheNodeIdsToRemove.CacheNodeId.1'],
    [
      'an element without a number',
      'CacheNodeIdsToRemove.CacheNodeId=0001',
      'CacheNodeIdsToRemove.CacheNodeId',
      'CacheNodeIdsToRemove.CacheNodeId.1',
    ],
    [
      'a letter for a number',
      'CacheNodeIdsToRemove.CacheNodeId.a=0001',
      'CacheNodeIdsToRemove.CacheNodeId.a',
      'CacheNodeIdsToRemove.CacheNodeId.1',
    ],
    ['a structure as one value', 'ScaleConfig=50', 'ScaleConfig', 'ScaleConfig.ScalePercentage'],
    ['in a structure', 'ScaleConfig.Percentage=50', 'ScaleConfig.Percentage', 'ScaleConfig.ScalePercentage'],
  ])('%s, naming the right one', (_, query, wrong, right) => {
    expect(() => decodeInput('ModifyCacheCluster', new URLSearchParams(query))).toThrow(
      new Fault('InvalidQueryParameter', `Unknown parameter ${wrong}. Did you mean ${right}?`),
    )
  })

  test.each(['ReplicationGroupId', 'Colour', 'x'.repeat(500)])('a parameter close to none: %s', (name) => {
    expect(() => decodeInput('RebootCacheCluster', new URLSearchParams({ [name]: 'x' }))).toThrow(
      new Fault('InvalidQueryParameter', `Unknown parameter ${name}.`),
    )
  })

  test('an empty list is none of it', () => {
    expect(decodeInput('ModifyCacheCluster', new URLSearchParams('CacheClusterId=c&CacheNodeIdsToRemove='))).toEqual({
      CacheClusterId: 'c',
      CacheNodeIdsToRemove: [],
    })
  })
})
