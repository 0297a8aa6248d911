import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Decision, evaluate } from '../../../src/engine/identity/evaluate.ts'
import { matchesPattern } from '../../../src/engine/identity/patterns.ts'
import { readPolicy } from '../../../src/engine/identity/policy.ts'

const SHOP = 'arn:aws:elasticache:us-west-2:000000000000:cluster:shop'

interface Asked {
  readonly action?: string
  readonly resource?: string
  readonly context?: Record<string, string | string[]>
}

function decide(statements: object | object[], { action, resource, context = {} }: Asked = {}): Decision {
  const keys = Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()] as const)
  return evaluate([readPolicy({ Version: '2012-10-17', Statement: statements })], {
    action: action ?? 'elasticache:CreateCacheCluster',
    resource: resource ?? SHOP,
    context: new Map(keys),
  })
}

const allow = (more: object) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more })
const deny = (more: object) => ({ Effect: 'Deny', Action: '*', Resource: '*', ...more })

describe('actions and resources', () => {
  const cases: [string, object | object[], Asked, Decision][] = [
    [
      'nothing is allowed that no statement allows',
      allow({ Action: 'elasticache:DeleteCacheCluster' }),
      {},
      'not allowed',
    ],
    ['an action is allowed by name', allow({ Action: 'elasticache:CreateCacheCluster' }), {}, 'allowed'],
    ['in any letters', allow({ Action: 'ElastiCache:createcachecluster' }), {}, 'allowed'],
    ['by a wildcard', allow({ Action: ['elasticache:Describe*', 'elasticache:Cr?ate*'] }), {}, 'allowed'],
    ['actions of other services are others', allow({ Action: 'ec2:*' }), {}, 'not allowed'],
    ['NotAction is everything else', allow({ Action: undefined, NotAction: 'elasticache:Delete*' }), {}, 'allowed'],
    ['but not that', allow({ Action: undefined, NotAction: 'elasticache:Create*' }), {}, 'not allowed'],
    [
      'nor any other of a list',
      allow({ Action: undefined, NotAction: ['ec2:*', 'elasticache:Create*'] }),
      {},
      'not allowed',
    ],
    ['a resource by its ARN', allow({ Resource: SHOP }), {}, 'allowed'],
    ['by a wildcard in each part', allow({ Resource: 'arn:aws:elasticache:*:*:cluster:sh*' }), {}, 'allowed'],
    ['another name', allow({ Resource: 'arn:aws:elasticache:*:*:cluster:other' }), {}, 'not allowed'],
    [
      'all of a kind is not one of it',
      allow({ Resource: SHOP }),
      { resource: SHOP.replace('shop', '*') },
      'not allowed',
    ],
    ['NotResource is everything else', allow({ Resource: undefined, NotResource: SHOP }), {}, 'not allowed'],
    ['also where it is in a list', allow({ Resource: undefined, NotResource: [`${SHOP}-2`, SHOP] }), {}, 'not allowed'],
    ['which this is not', allow({ Resource: undefined, NotResource: `${SHOP}-2` }), {}, 'allowed'],
    ['a deny wins whatever its place', [deny({}), allow({})], {}, 'denied'],
    ['also behind', [allow({}), deny({ Action: 'elasticache:Create*' })], {}, 'denied'],
    ['a deny of something else does not', [allow({}), deny({ Action: 'elasticache:Delete*' })], {}, 'allowed'],
    [
      'the name of the user in an ARN',
      allow({ Resource: 'arn:aws:elasticache:*:*:cluster:$' + '{aws:username}-*' }),
      { resource: SHOP.replace('shop', 'ann-1'), context: { 'aws:username': 'ann' } },
      'allowed',
    ],
    [
      'where a user named * is not everybody',
      allow({ Resource: 'arn:aws:elasticache:*:*:cluster:$' + '{aws:username}-*' }),
      { resource: SHOP.replace('shop', 'ann-1'), context: { 'aws:username': '*' } },
      'not allowed',
    ],
  ]
  test.each(cases)('%s', (_, statements, asked, decision) => {
    // Members that are undefined are no members.
    expect(decide(JSON.parse(JSON.stringify(statements)), asked)).toBe(decision)
  })
})

describe('conditions', () => {
  const T = 'elasticache:CacheNodeType'
  const P = 'aws:RequestTag/Project'
  const cases: [condition: object, context: Record<string, string | string[]>, holds: boolean][] = [
    [{ StringEquals: { [T]: 'cache.r5.large' } }, { [T]: 'cache.r5.large' }, true],
    [{ StringEquals: { [T]: ['cache.t2.micro', 'cache.t2.medium'] } }, { [T]: 'cache.t2.medium' }, true],
    [{ StringEquals: { [T]: 'cache.r5.large' } }, { [T]: 'cache.t2.micro' }, false],
    [{ StringEquals: { [T]: 'cache.r5.large' } }, {}, false],
    [{ StringEqualsIfExists: { [T]: 'cache.r5.large' } }, {}, true],
    [{ StringEqualsIfExists: { [T]: 'cache.r5.large' } }, { [T]: 'cache.t2.micro' }, false],
    [{ StringNotEquals: { [T]: ['a', 'b'] } }, { [T]: 'c' }, true],
    [{ StringNotEquals: { [T]: ['a', 'b'] } }, { [T]: 'b' }, false],
    [{ StringNotEquals: { [T]: 'a' } }, {}, true],
    [{ StringLike: { [T]: 'cache.t?.*' } }, { [T]: 'cache.t4.micro' }, true],
    [{ StringNotLike: { [T]: 'cache.t*' } }, { [T]: 'cache.t4g.micro' }, false],
    [{ StringEqualsIgnoreCase: { [P]: 'dev' } }, { [P]: 'DEV' }, true],
    [{ StringEquals: { [P]: 'dev' } }, { [P]: 'DEV' }, false],
    [{ StringEquals: { 'AWS:requesttag/project': 'Dev' } }, { [P]: 'Dev' }, true],
    [{ Null: { [P]: 'true' } }, {}, true],
    [{ Null: { [P]: true } }, { [P]: 'Dev' }, false],
    [{ Null: { [P]: 'false' } }, { [P]: 'Dev' }, true],
    [
      { Bool: { 'elasticache:TransitEncryptionEnabled': true } },
      { 'elasticache:TransitEncryptionEnabled': 'true' },
      true,
    ],
    [{ Bool: { 'elasticache:TransitEncryptionEnabled': 'true' } }, {}, false],
    [
      { NumericLessThanEquals: { 'elasticache:MaximumDataStorage': '30' } },
      { 'elasticache:MaximumDataStorage': '30' },
      true,
    ],
    [
      { NumericLessThanEquals: { 'elasticache:MaximumDataStorage': '30' } },
      { 'elasticache:MaximumDataStorage': '31' },
      false,
    ],
    [{ NumericGreaterThan: { n: '9' } }, { n: '10' }, true],
    [{ NumericEquals: { n: '1' } }, { n: 'one' }, false],
    [{ NumericNotEquals: { n: '1' } }, { n: '2' }, true],
    [
      { DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } },
      { 'aws:CurrentTime': '2026-06-01T00:00:00Z' },
      true,
    ],
    [{ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, { 'aws:SourceIp': '127.0.0.1' }, true],
    [{ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, { 'aws:SourceIp': '::1' }, false],
    [{ NotIpAddress: { 'aws:SourceIp': ['::1'] } }, { 'aws:SourceIp': '::1' }, false],
    [{ ArnLike: { a: 'arn:aws:iam::*:user/a*' } }, { a: 'arn:aws:iam::1:user/ann' }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:TagKeys': ['a', 'b'] }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:TagKeys': ['a', 'c'] }, false],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, {}, true],
    [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }, { 'aws:TagKeys': ['c', 'a'] }, true],
    [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }, {}, false],
    [{ 'ForAllValues:StringNotLike': { 'aws:TagKeys': ['x*'] } }, { 'aws:TagKeys': ['a', 'x1'] }, false],
    [{ 'ForAllValues:StringNotEquals': { k: 'x' } }, { k: ['a', 'b'] }, true],
    [{ 'ForAllValues:StringNotEquals': { k: 'x' } }, { k: ['a', 'x'] }, false],
    [{ 'ForAnyValue:StringNotEquals': { k: 'x' } }, { k: ['a', 'x'] }, true],
    [{ 'ForAnyValue:StringNotEquals': { k: 'x' } }, {}, false],
    [{ 'ForAnyValue:StringEqualsIfExists': { k: 'x' } }, {}, true],
    [{ 'ForAnyValue:StringEquals': { k: 'x' } }, { k: [] }, false],
    [{ StringEquals: { k: 'x' } }, { k: ['a', 'x'] }, true],
    [{ StringNotEquals: { k: 'x' } }, { k: ['a', 'x'] }, false],
    [{ StringNotEquals: { k: 'x' } }, { k: [] }, true],
    [{ Null: { k: 'TRUE' } }, { k: [] }, true],
    [{ Null: { k: ['true', 'false'] } }, { k: 'x' }, true],
    [{ Bool: { k: 'True' } }, { k: 'tRUE' }, true],
    [{ Bool: { k: 'true' } }, { k: 'false' }, false],
    [{ StringEqualsIgnoreCase: { k: 'DEV' } }, { k: 'dev' }, true],
    [{ StringEqualsIgnoreCase: { k: 'DEV' } }, { k: 'prod' }, false],
    [{ IpAddress: { ip: '10.0.0.1' } }, { ip: '10.0.0.1' }, true],
    [{ IpAddress: { ip: '10.0.0.1' } }, { ip: '10.0.0.2' }, false],
    [{ IpAddress: { ip: 'fd00::1' } }, { ip: 'fd00:0::1' }, true],
    [{ IpAddress: { ip: 'fd00::1' } }, { ip: 'fd00::2' }, false],
    [{ IpAddress: { ip: 'fd00::/16' } }, { ip: 'fd00:1::2' }, true],
    [{ IpAddress: { ip: 'somewhere' } }, { ip: 'elsewhere' }, false],
    [{ IpAddress: { ip: 'somewhere' } }, { ip: '10.0.0.1' }, false],
    [{ ArnLike: { a: 'arn:aws:iam::1:user/ann' } }, { a: 'arn:aws:iam::2:user/ann' }, false],
    [{ ArnLike: { a: 'arn:aws:iam:*:*:*' } }, { a: 'arn:aws:iam' }, false],
    [{ ArnLike: { a: 'arn:aws:sns:*:1:*' } }, { a: 'arn:aws:sns:us-west-2:1:topic:more' }, true],
    [{ ArnLike: { a: 'arn:aws:sns:*:1:topic' } }, { a: 'arn:aws:sns:us-west-2:1:topic:more' }, false],
    [{ ArnLike: { a: 'arn:aws:sns:*:1:a' } }, { a: 'arn:aws:sns:us-west-2:2:1:a' }, false],
    [{ ArnNotLike: { a: 'arn:aws:iam::*:user/a*' } }, { a: 'arn:aws:iam::1:user/bob' }, true],
    [{ StringEquals: { k: '$' + '{aws:username}' } }, { k: 'ann', 'aws:username': 'ann' }, true],
    [{ StringEquals: { k: '$' + '{aws:username}' } }, { k: 'ann', 'aws:username': 'bob' }, false],
    [{ StringEquals: { k: '$' + '{aws:username}' } }, { k: 'undefined' }, false],
    [{ StringEquals: { k: 'a*?' } }, { k: 'a*?' }, true],
    [{ StringEquals: { k: 'a*?' } }, { k: 'a?*' }, false],
    [{ StringEquals: { k: 'a*?' } }, { k: 'axy' }, false],
    [{ StringEquals: { [T]: 'a', [P]: 'b' } }, { [T]: 'a' }, false],
    [{ StringEquals: { [T]: 'a' }, Null: { [P]: 'true' } }, { [T]: 'a' }, true],
  ]
  test.each(cases)('%j of %j: %s', (Condition, context, holds) => {
    expect(decide(allow({ Condition }), { context })).toBe(holds ? 'allowed' : 'not allowed')
  })
})

describe('numbers and dates are compared as what they are', () => {
  const RELATIONS: Record<string, (a: number, b: number) => boolean> = {
    Equals: (a, b) => a === b,
    NotEquals: (a, b) => a !== b,
    LessThan: (a, b) => a < b,
    LessThanEquals: (a, b) => a <= b,
    GreaterThan: (a, b) => a > b,
    GreaterThanEquals: (a, b) => a >= b,
  }
  const few = fc.integer({ min: 8, max: 12 })
  const holds = (operator: string, actual: string, wanted: string) =>
    decide(allow({ Condition: { [operator]: { k: wanted } } }), { context: { k: actual } }) === 'allowed'

  test.each(Object.entries(RELATIONS))('%s', (name, relation) => {
    fc.assert(
      fc.property(few, few, (a, b) => {
        expect(holds(`Numeric${name}`, String(a), ` ${b}.0`)).toBe(relation(a, b))
        const [at, limit] = [a, b].map((day) => `2026-06-${String(day).padStart(2, '0')}T00:00:00Z`) as [string, string]
        expect(holds(`Date${name}`, at, limit)).toBe(relation(a, b))
        expect(holds(`Date${name}`, at, String(Date.parse(limit) / 1000))).toBe(relation(a, b))
      }),
    )
  })

  test.each(Object.keys(RELATIONS))('what is neither is in no relation: %s', (name) => {
    const negated = name === 'NotEquals'
    for (const wrong of ['', ' ', 'many']) {
      expect(holds(`Numeric${name}`, wrong, '0')).toBe(negated)
      expect(holds(`Numeric${name}`, '0', wrong)).toBe(negated)
    }
    expect(holds(`Date${name}`, 'someday', '1970-01-01T00:00:01Z')).toBe(negated)
  })
})

test('a date may be written without a time', () => {
  const Condition = { DateEquals: { k: '2026-06-01' } }
  expect(decide(allow({ Condition }), { context: { k: '2026-06-01T00:00:00Z' } })).toBe('allowed')
})

test('a document may be of 6144 characters and of no more', () => {
  const withId = (Sid: string) => ({ Statement: allow({ Sid }) })
  const rest = JSON.stringify(withId('')).length
  expect(readPolicy(withId('x'.repeat(6144 - rest))).statements).toHaveLength(1)
  expect(() => readPolicy(withId('x'.repeat(6145 - rest)))).toThrow(/longer than 6144 characters/)
})

test('numbers and truth values stand for the strings they are written as', () => {
  const [statement] = readPolicy({
    Statement: allow({ Condition: { NumericEquals: { n: 1 }, Bool: { b: [true] } } }),
  }).statements
  expect(statement?.condition).toEqual({ NumericEquals: { n: ['1'] }, Bool: { b: ['true'] } })
})

test.each([
  ['no statement', {}, /no Statement/],
  ['an empty list of statements', { Statement: [] }, /no Statement/],
  ['a statement that is a text', { Statement: 'Allow' }, /must be an object/],
  ['a statement that is null', { Statement: [null] }, /must be an object/],
  ['a list', [], /JSON object/],
  ['nothing', null, /JSON object/],
  ['a text', 'Allow', /JSON object/],
  ['everybody but a principal', { Statement: allow({ NotPrincipal: '*' }) }, /no Principal/],
  ['neither resource nor its opposite', { Statement: { Effect: 'Allow', Action: '*' } }, /either Resource or NotRes/],
  ['an action behind something', { Statement: allow({ Action: '!elasticache:Create' }) }, /not an action/],
  ['an action before something', { Statement: allow({ Action: 'elasticache:Create!' }) }, /not an action/],
  ['an empty list of actions', { Statement: allow({ Action: [] }) }, /Action has no values/],
  ['an action that is an object', { Statement: allow({ Action: { a: 1 } }) }, /string or a list of strings/],
  ['a condition that is a text', { Statement: allow({ Condition: 'StringEquals' }) }, /Condition must be an object/],
  ['an operator of a text', { Statement: allow({ Condition: { StringEquals: 'a' } }) }, /needs condition keys/],
  ['an operator with a space', { Statement: allow({ Condition: { 'String Equals': { a: 'b' } } }) }, /String Equals/],
  ['an operator behind a space', { Statement: allow({ Condition: { ' StringEquals': { a: 'b' } } }) }, / StringEquals/],
  ['Null of all values', { Statement: allow({ Condition: { 'ForAllValues:Null': { a: 'true' } } }) }, /ForAllValues:N/],
  ['Null if it exists', { Statement: allow({ Condition: { NullIfExists: { a: 'true' } } }) }, /NullIfExists/],
  ['a principal', { Statement: allow({ Principal: '*' }) }, /no Principal/],
  ['neither action nor its opposite', { Statement: { Effect: 'Allow', Resource: '*' } }, /either Action or NotAction/],
  ['both', { Statement: allow({ NotAction: '*' }) }, /either Action or NotAction/],
  ['no effect', { Statement: { Action: '*', Resource: '*' } }, /Effect/],
  ['an operator there is not', { Statement: allow({ Condition: { StringSort: { a: 'b' } } }) }, /StringSort/],
  ['an operator in small letters', { Statement: allow({ Condition: { stringequals: { a: 'b' } } }) }, /stringequals/],
  ['an action of no service', { Statement: allow({ Action: 'Describe*' }) }, /not an action/],
  ['a resource that is no ARN', { Statement: allow({ Resource: 'shop' }) }, /neither an ARN/],
  ['a version of its own', { Version: '2020-01-01', Statement: allow({}) }, /Version/],
  ['a misspelt member', { Statement: allow({ Conditions: {} }) }, /no Conditions/],
])('a document with %s is not taken', (_, document, message) => {
  expect(() => readPolicy(document)).toThrow(message)
})

describe('of any policies', () => {
  const action = fc.constantFrom('elasticache:*', 'elasticache:Create*', 'elasticache:CreateCacheCluster', 'ec2:*', '*')
  const resource = fc.constantFrom('*', SHOP, 'arn:aws:elasticache:*:*:cluster:*', 'arn:aws:elasticache:*:*:snapshot:*')
  const statement = fc.record({ Effect: fc.constantFrom('Allow', 'Deny'), Action: action, Resource: resource })
  const statements = fc.array(statement, { minLength: 1, maxLength: 6 })

  test('the order of statements does not matter', () => {
    fc.assert(
      fc.property(statements, (list) => {
        expect(decide([...list].reverse())).toBe(decide(list))
      }),
    )
  })

  test('a further deny never allows, a further allow never lifts a deny', () => {
    fc.assert(
      fc.property(statements, statement, (list, more) => {
        const [before, after] = [decide(list), decide([...list, more])]
        if (more.Effect === 'Deny' && before !== 'allowed') expect(after).not.toBe('allowed')
        if (before === 'denied') expect(after).toBe('denied')
      }),
    )
  })

  test('an action is allowed by Action or by NotAction, never by both', () => {
    fc.assert(
      fc.property(action, (Action) => {
        const [by, byNot] = [decide(allow({ Action })), decide({ Effect: 'Allow', NotAction: Action, Resource: '*' })]
        expect([by, byNot].sort()).toEqual(['allowed', 'not allowed'])
      }),
    )
  })
})

describe('variables in patterns', () => {
  const context = new Map([
    ['aws:username', ['ann']],
    ['aws:tagkeys', ['ann', 'bob']],
    ['none', []],
  ])
  test.each([
    ['$' + '{aws:username}-*', 'ann-1', true],
    ['$' + '{AWS:UserName}', 'ann', true],
    ['$' + "{aws:username , 'x'}", 'ann', true],
    ['$' + "{aws:principaltag/team, 'none'}", 'none', true],
    ['$' + "{aws:principaltag/team,'a, b'}", 'a, b', true],
    // Of a key with several values none is the variable's.
    ['$' + '{aws:tagkeys}', 'ann', false],
    ['$' + "{aws:tagkeys, 'x'}", 'x', true],
    ['$' + '{none}', '', false],
    ['$' + '{nobody}', '', false],
    ['$' + '{nobody}', 'undefined', false],
    ['$' + '{nobody, x}', 'x', false],
    ['$' + "{a, 'b'} $" + '{*}', 'b *', true],
    ['$' + '{*}', '*', true],
    ['$' + '{*}', 'x', false],
    ['$' + '{?}', '?', true],
    ['$' + '{?}', 'x', false],
    ['$' + '{$}', '$', true],
    ['a$b}c', 'a$b}c', true],
    ['a{b}c', 'a{b}c', true],
    ['$' + '{aws:username', '$' + '{aws:username', true],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
  ])('%s and %s: %s', (pattern, text, matches) => {
    expect(matchesPattern(pattern, text, context)).toBe(matches)
  })
})

test('patterns match what the same regular expressions match', () => {
  const piece = fc.constantFrom('a', 'b', ':', '*', '?')
  const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  const text = fc.array(fc.constantFrom('a', 'b', ':'), { maxLength: 10 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(pattern, text, (each, of) => {
      const same = new RegExp(`^${each.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's')
      expect(matchesPattern(each, of)).toBe(same.test(of))
    }),
    { numRuns: 1_000 },
  )
})

test('a pattern of many stars takes no time to speak of', () => {
  expect(matchesPattern('*a'.repeat(200), 'a'.repeat(150) + 'b')).toBe(false)
})
