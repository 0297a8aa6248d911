import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('what is refused has changed nothing', async () => {
  expect(await control(engine, 'GET', CONTROL.faults)).toEqual([])
  expect(await control(engine, 'GET', CONTROL.users)).toEqual([])
  expect(await control(engine, 'GET', CONTROL.clock)).toMatchObject({ aheadMs: 0 })
})
