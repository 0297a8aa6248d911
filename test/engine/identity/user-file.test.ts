import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Users } from '../../../src/engine/identity/users.ts'
import { temporaryDirectory } from '../../support/engine.ts'

const NOW = '2026-11-21T09:00:00Z'
const POLICY = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }

function users() {
  const path = join(temporaryDirectory(), 'users.json')
  return { users: new Users(path), again: () => new Users(path), path }
}

test('a user has an id and keys of the forms of AWS, of its own', () => {
  const { users: some } = users()
  const [ann, bob] = [some.create('ann', NOW), some.create('bob', NOW)]
  expect(ann.userId).toMatch(/^AIDA\w{16}$/)
  expect(ann.accessKeyId).toMatch(/^AKIALOCAL\w{11}$/)
  expect(ann.secretAccessKey).toMatch(/^[\w+/]{40}$/)
  for (const member of ['userId', 'accessKeyId', 'secretAccessKey'] as const) expect(ann[member]).not.toBe(bob[member])
})

test('the key of a user leads to its secret and its policies, that of another to nothing', () => {
  const { users: some } = users()
  const ann = some.create('ann', NOW)
  some.putPolicy('Ann', 'all', POLICY)
  expect(some.secretOf(ann.accessKeyId)).toBe(ann.secretAccessKey)
  expect(some.byAccessKey(ann.accessKeyId)).toMatchObject({
    user: { userName: 'ann' },
    policies: [{ statements: [{}] }],
  })
  expect(some.secretOf('AKIAOTHER')).toBeUndefined()
  expect(some.byAccessKey('AKIAOTHER')).toBeUndefined()
})

test('all changes are found again in the file', () => {
  const { users: some, again } = users()
  const [ann, bob] = [some.create('ann', NOW), some.create('bob', NOW)]
  some.putPolicy('bob', 'all', POLICY)
  expect(again().all).toEqual([ann, { ...bob, policies: { all: POLICY } }])
  expect(again().byAccessKey(bob.accessKeyId)?.policies).toHaveLength(1)
  some.deletePolicy('bob', 'all')
  expect(again().all).toEqual([ann, bob])
  expect(some.delete('ANN')).toEqual(ann)
  expect(some.all).toEqual([bob])
  expect(again().all).toEqual([bob])
  expect(some.secretOf(ann.accessKeyId)).toBeUndefined()
  expect(some.secretOf(bob.accessKeyId)).toBe(bob.secretAccessKey)
})

test('the file is one a person can read', () => {
  const { users: some, path } = users()
  some.create('ann', NOW)
  expect(readFileSync(path, 'utf8').split('\n').length).toBeGreaterThan(8)
})

test.each(['ann', 'A', 'a_b+c=d,e.f@g-h', 'x'.repeat(64)])('%s is a name', (name) => {
  expect(users().users.create(name, NOW).userName).toBe(name)
})

test.each(['', 'a b', ' ann', 'ann ', 'x'.repeat(65), 'ann\n', 'ä'])('%j is no name', (name) => {
  const { users: some } = users()
  expect(() => some.create(name, NOW)).toThrow(/is not a user name/)
  expect(some.all).toEqual([])
})

test.each(['ann', 'ANN', 'default', 'Default'])('%s is taken', (name) => {
  const { users: some } = users()
  for (const known of ['Ann', 'bob']) some.create(known, NOW)
  expect(() => some.create(name, NOW)).toThrow(`User with name ${name} already exists.`)
})

test('a policy that cannot be read is not stored, and the user keeps what it had', () => {
  const { users: some, again } = users()
  some.create('ann', NOW)
  expect(() => some.putPolicy('ann', 'p', {})).toThrow(/malformed/)
  for (const name of ['', 'a b', '!all', 'all!', 'x'.repeat(129)]) {
    expect(() => some.putPolicy('ann', name, POLICY)).toThrow(`${name} is not a policy name.`)
  }
  expect(again().all[0]?.policies).toEqual({})
  some.putPolicy('ann', 'x'.repeat(128), POLICY)
  expect(() => some.deletePolicy('ann', 'p')).toThrow(/p cannot be found/)
  expect(() => some.deletePolicy('ann', 'toString')).toThrow(/toString cannot be found/)
})

test('who is not there is told apart from the default user, who has no policies', () => {
  const { users: some } = users()
  some.create('ann', NOW)
  expect(() => some.delete('bob')).toThrow('The user with name bob cannot be found.')
  for (const name of ['default', 'DEFAULT']) {
    expect(() => some.putPolicy(name, 'p', POLICY)).toThrow(/engine's own credentials/)
  }
})
