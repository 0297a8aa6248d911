import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONTROL } from '../../src/api/local-engine.ts'
import { control } from '../support/control.ts'
import { startTestEngine, type TestEngine } from '../support/engine.ts'

let engine: TestEngine
beforeAll(async () => {
  engine = await startTestEngine({ atEnd: afterAll })
})

test.each([
  [CONTROL.clock, { advanceMS: 1000 }, 'Unknown parameter advanceMS. Did you mean advanceMs?'],
  [CONTROL.faults, { kind: 'node-down', nodes: '0001' }, 'Unknown parameter nodes. Did you mean node?'],
  [CONTROL.users, { created: 'ann' }, 'Unknown parameter created. Did you mean create?'],
  [CONTROL.policies, { username: 'ann' }, 'Unknown parameter username. Did you mean userName?'],
  [CONTROL.notifications, { webHook: null }, 'Unknown parameter webHook. Did you mean webhook?'],
  [`${CONTROL.quotas}/list`, { Region: 'us-west-2' }, 'Unknown parameter Region. Did you mean region?'],
  [`${CONTROL.quotas}/set`, { limits: 3 }, 'Unknown parameter limits. Did you mean limit?'],
  [`${CONTROL.subnets}/create`, { ipv4CIDR: 'auto' }, 'Unknown parameter ipv4CIDR. Did you mean ipv4Cidr?'],
  [`${CONTROL.subnets}/delete`, { subnetID: 'subnet-1' }, 'Unknown parameter subnetID. Did you mean subnetId?'],
  [`${CONTROL.securityGroups}/create`, { name: 'x' }, 'Unknown parameter name. Did you mean groupName?'],
  [`${CONTROL.securityGroups}/authorize`, { source: [] }, 'Unknown parameter source. Did you mean sources?'],
  [CONTROL.reset, { region: 'us-west-2' }, 'Unknown parameter region.'],
  [`${CONTROL.securityGroups}/list`, { constructor: 1 }, 'Unknown parameter constructor.'],
  [CONTROL.faults, [], 'The body must be a JSON object.'],
])('%s refuses %j', async (path, body, message) => {
  await expect(control(engine, 'POST', path, body)).rejects.toThrow(message)
})

const EVERY_POST = [
  ...[CONTROL.clock, CONTROL.faults, CONTROL.users, CONTROL.policies, CONTROL.notifications, CONTROL.reset],
  ...[CONTROL.auditFlush, `${CONTROL.quotas}/list`, `${CONTROL.quotas}/set`],
  ...['list', 'create', 'delete'].map((action) => `${CONTROL.subnets}/${action}`),
  ...['list', 'create', 'delete', 'join', 'leave', 'authorize', 'revoke'].map(
    (action) => `${CONTROL.securityGroups}/${action}`,
  ),
]

async function post(path: string, body: string): Promise<{ status: number; message: string }> {
  const response = await fetch(`${engine.info.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${engine.credentials.controlToken}` },
    body,
  })
  const { message } = (await response.json()) as { message: string }
  return { status: response.status, message }
}

describe.each(EVERY_POST)('%s answers 400', (path) => {
  test.each([
    ['{', /^The body is not JSON: /],
    ['\u0000', /^The body is not JSON: /],
    ["{'a': 1}", /^The body is not JSON: /],
    [`${'['.repeat(400_000)}${']'.repeat(400_000)}`, /^The body is not JSON: it is nested more than 32 levels deep$/],
    [`{"region": ${'{"a":'.repeat(40)}1${'}'.repeat(41)}`, /^The body is not JSON: it is nested more than 32/],
    ['null', /^The body must be a JSON object\.$/],
    ['"text"', /^The body must be a JSON object\.$/],
    ['[]', /^The body must be a JSON object\.$/],
    ['{"__proto__": 1}', /^Unknown parameter __proto__\./],
    ['{"nosuch": 1}', /^Unknown parameter nosuch\./],
  ])('to %.20s', async (body, message) => {
    expect(await post(path, body)).toEqual({ status: 400, message: expect.stringMatching(message) })
  })
})

describe('members of another kind are refused by their name', () => {
  test.each([
    [CONTROL.clock, { advanceMs: '1000' }, 'The parameter advanceMs must be a number.'],
    [CONTROL.clock, { set: 5 }, 'The parameter set must be a string.'],
    [CONTROL.clock, { set: null }, 'The parameter set must be a string.'],
    [CONTROL.clock, { set: 'tomorrow' }, 'The time to go to must be a date.'],
    [CONTROL.clock, { advanceMs: 1e300 }, 'The time to go to must be a date.'],
    [
      CONTROL.clock,
      { advanceMs: 8.9e15 - Date.now() },
      'The time to go to must not be after 9999-01-01T00:00:00.000Z.',
    ],
    [CONTROL.clock, {}, 'Exactly one of advanceMs and set must be given.'],
    [CONTROL.clock, { advanceMs: 1, set: '2030-01-01' }, 'Exactly one of advanceMs and set must be given.'],
    [CONTROL.faults, { kind: ['delay'] }, 'The parameter kind must be a string.'],
    [CONTROL.faults, { kind: 'capacity', region: {} }, 'The parameter region must be a string.'],
    [CONTROL.faults, { kind: 'capacity', durationMs: '1h' }, 'The parameter durationMs must be a number.'],
    [CONTROL.faults, { kind: 'capacity', durationMs: 1e300 }, 'A fault lasts a hundred years at most.'],
    [CONTROL.faults, { clear: 'delay-1' }, 'The parameter clear must be a list of strings.'],
    [CONTROL.faults, { clear: [1] }, 'The parameter clear must be a list of strings.'],
    [CONTROL.faults, {}, 'Exactly one of kind and clear must be given.'],
    [CONTROL.users, { create: 7 }, 'The parameter create must be a string.'],
    [CONTROL.users, { delete: null }, 'The parameter delete must be a string.'],
    [CONTROL.users, {}, 'Exactly one of create and delete must be given.'],
    [CONTROL.policies, { userName: 1, policyName: 'p', document: null }, 'The parameter userName must be a string.'],
    [
      CONTROL.policies,
      { userName: 'a', policyName: 'p' },
      'The parameter document must be provided and must not be null.',
    ],
    [
      CONTROL.policies,
      { userName: 'a', policyName: 'p', document: 3 },
      'The policy document is malformed: it must be a JSON object.',
    ],
    [CONTROL.notifications, { webhook: 1 }, 'The parameter webhook must be a string or null.'],
    [CONTROL.notifications, {}, 'The parameter webhook must be provided and must not be null.'],
    [`${CONTROL.quotas}/list`, {}, 'The parameter region must be provided and must not be null.'],
    [`${CONTROL.quotas}/list`, { region: 'moon-1' }, 'There is no region moon-1.'],
    [
      `${CONTROL.quotas}/set`,
      { region: 'us-west-2', name: 'nodes-per-region', limit: '3' },
      'The parameter limit must be a number or null.',
    ],
    [`${CONTROL.quotas}/set`, { region: 'us-west-2', name: 'nodes-per-region', limit: 1.5 }, '1.5 is not a quota.'],
    [
      `${CONTROL.subnets}/create`,
      { region: 'us-west-2', availabilityZone: 1 },
      'The parameter availabilityZone must be a string.',
    ],
    [
      `${CONTROL.subnets}/create`,
      { region: 'us-west-2', availabilityZone: 'us-west-2a', ipv6Cidr: null },
      'The parameter ipv6Cidr must be a string.',
    ],
    [
      `${CONTROL.subnets}/delete`,
      { region: 'us-west-2', subnetId: 's', force: 'yes' },
      'The parameter force must be true or false.',
    ],
    [
      `${CONTROL.securityGroups}/create`,
      { region: 'us-west-2', groupName: 'web', members: 'x' },
      'The parameter members must be a list of strings.',
    ],
    [
      `${CONTROL.securityGroups}/authorize`,
      { region: 'us-west-2', group: 'web', sources: {} },
      'The parameter sources must be a list of strings.',
    ],
    [
      `${CONTROL.securityGroups}/revoke`,
      { region: 'us-west-2', group: 'web', ports: 11211, sources: ['::1'] },
      'The parameter ports must be a string.',
    ],
    [
      `${CONTROL.securityGroups}/join`,
      { region: 'us-west-2', group: 'web' },
      'The parameter members must be provided and must not be null.',
    ],
  ])('%s %j', async (path, body, message) => {
    expect(await post(path, JSON.stringify(body))).toEqual({ status: 400, message })
  })
})

test('what is refused has changed nothing', async () => {
  expect(await control(engine, 'GET', CONTROL.faults)).toEqual([])
  expect(await control(engine, 'GET', CONTROL.users)).toEqual([])
  expect(await control(engine, 'GET', CONTROL.clock)).toMatchObject({ aheadMs: 0 })
})
