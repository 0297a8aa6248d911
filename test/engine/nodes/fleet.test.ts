import { expect, test } from 'vitest'
import type { Authority } from '../../../src/engine/nodes/authority.ts'
import { hasEnded, isIncompatible } from '../../../src/engine/nodes/failure.ts'
import { Fleet } from '../../../src/engine/nodes/fleet.ts'
import { NODE_ENDED, type NodeRuntime } from '../../../src/engine/nodes/runtime.ts'
import type { Deployment, WantedNode } from '../../../src/engine/nodes/wanted.ts'
import { embedded, embeddedOnly } from '../../support/embedded.ts'
import { manualClock } from '../../support/manual-clock.ts'

const OWNER = { region: 'us-west-2', kind: 'cluster', id: 'shop' } as const

const node = (id: string, more: Partial<WantedNode> = {}): WantedNode => ({
  node: id,
  incarnation: 1,
  ports: [11_300 + Number(id)],
  engineVersion: '1.6.22',
  memoryLimit: 1_000_000,
  threads: 1,
  programs: embedded,
  impairment: null,
  list: { text: 'list 1', delayMs: 0 },
  ...more,
})

const deployment = (nodes: readonly WantedNode[], more: Partial<Deployment> = {}): Deployment => ({
  owner: OWNER,
  nodes,
  endpoints: [{ name: 'endpoint', port: 11_300, nodes: nodes.map((each) => each.node) }],
  addresses: ['127.0.0.1'],
  ingress: [],
  certificate: null,
  ...more,
})

/** A fleet on a runtime that notes what it is asked, and refuses what a test tells it to. */
function fleetThatNotes() {
  const asked: string[] = []
  const refused = new Map<string, string>()
  const note = async (request: string) => {
    const code = refused.get(request)
    if (code !== undefined) throw Object.assign(new Error(`no ${request}`), { code })
    asked.push(request)
  }
  const runtime: Partial<NodeRuntime> = {
    start: ({ key, memoryLimit }) => note(`start ${key}${memoryLimit === 1_000_000 ? '' : ` with ${memoryLimit}`}`),
    stop: (key) => note(`stop ${key}`),
    announce: (key, payload) => note(`announce ${key}: ${payload.toString()}`),
    attach: (key, _, port) => note(`attach ${key} to ${port}`),
    detach: (key, _, port) => note(`detach ${key} from ${port}`),
    renewCertificate: (key, { cert }) => note(`show ${cert} at ${key}`),
    adjust: (key, live) => note(`adjust ${key}: ${JSON.stringify(live)}`),
  }
  const clock = manualClock(0)
  const woken: string[] = []
  const fleet = new Fleet({
    runtime: runtime as NodeRuntime, // the rest of it is not asked here
    // Of the authority nothing else is asked.
    openAuthority: async () =>
      ({ issueAs: async (kind: string) => ({ key: '', cert: `a ${kind} certificate` }) }) as unknown as Authority,
    memoryBudget: 2_000_000,
    wallClock: () => 0,
    clock,
    ...embeddedOnly,
    wake: ({ id }) => woken.push(id),
  })
  return { fleet, asked, refused, clock, woken, since: () => asked.splice(0) }
}

const name = (id: string) => `us-west-2/shop/${id}`

test('nodes start before any is told of them, and the endpoint is answered last', async () => {
  const { fleet, since } = fleetThatNotes()
  expect(await fleet.follow(deployment([node('0001'), node('0002')]))).toEqual([])
  expect(since()).toEqual([
    `start ${name('0001')}`,
    `start ${name('0002')}`,
    `announce ${name('0001')}: list 1`,
    `announce ${name('0002')}: list 1`,
    `attach ${name('0001')} to 11300`,
  ])
  await fleet.follow(deployment([node('0001'), node('0002')]))
  expect(since()).toEqual([])
})

test('the endpoint goes to another node before the one that answers stops', async () => {
  const { fleet, since } = fleetThatNotes()
  await fleet.follow(deployment([node('0001'), node('0002')]))
  since()
  await fleet.follow(deployment([node('0002')]))
  expect(since()).toEqual([
    `detach ${name('0001')} from 11300`,
    `attach ${name('0002')} to 11300`,
    `stop ${name('0001')}`,
  ])
})

test('a node of another incarnation is stopped and started', async () => {
  const { fleet, since } = fleetThatNotes()
  await fleet.follow(deployment([node('0001')]))
  since()
  await fleet.follow(deployment([node('0001', { incarnation: 2 })]))
  expect(since().slice(1, 3)).toEqual([`stop ${name('0001')}`, `start ${name('0001')}`])
})

test('what ended is started again, and what it was of is told', async () => {
  const { fleet, since } = fleetThatNotes()
  await fleet.follow(deployment([node('0001')]))
  since()
  expect(fleet.nodeCalled(name('0001'))).toEqual({ ...OWNER, node: '0001' })
  expect(fleet.lost([name('0001'), name('0009')])).toEqual([OWNER])
  expect(fleet.nodeCalled(name('0001'))).toBeUndefined()
  await fleet.follow(deployment([node('0001')]))
  expect(since()).toHaveLength(3)
})

test('a node whose second port is taken does not stay with the first', async () => {
  const { fleet, refused, since } = fleetThatNotes()
  refused.set(`attach ${name('0001')} to 11402`, 'EADDRINUSE')
  const failures = await fleet.follow(deployment([node('0001', { ports: [11_401, 11_402] })], { endpoints: [] }))
  expect(failures).toMatchObject([{ subject: '0001', port: 11_402, code: 'EADDRINUSE' }])
  expect(since()).toEqual([`start ${name('0001')}`, `stop ${name('0001')}`])
})

test('what cannot run is told node by node, and the others run', async () => {
  const { fleet, refused, since } = fleetThatNotes()
  refused.set(`start ${name('0002')}`, 'EADDRINUSE')
  const nodes = [node('0001', { obstacle: 'too large' }), node('0002'), node('0003')]
  const failures = await fleet.follow(deployment(nodes))
  expect(failures).toMatchObject([
    { subject: '0001', port: 11_301, message: 'too large' },
    { subject: '0002', port: 11_302, code: 'EADDRINUSE' },
  ])
  expect(failures.map(isIncompatible)).toEqual([true, false])
  expect(since()).toContain(`attach ${name('0003')} to 11300`)
})

test('where what is to run a node ends, no other is tried', async () => {
  const { fleet, refused, since } = fleetThatNotes()
  refused.set(`start ${name('0001')}`, NODE_ENDED)
  const failures = await fleet.follow(deployment([node('0001'), node('0002')]))
  expect(failures.map(hasEnded)).toEqual([true])
  expect(since()).toEqual([])
})

test('an endpoint whose node ends while it is attached is tried again', async () => {
  const { fleet, refused, since } = fleetThatNotes()
  refused.set(`attach ${name('0001')} to 11300`, NODE_ENDED)
  expect((await fleet.follow(deployment([node('0001')]))).map(hasEnded)).toEqual([true])
  since()
  refused.clear()
  expect(await fleet.follow(deployment([node('0001')]))).toEqual([])
  expect(since()).toEqual([
    `start ${name('0001')}`,
    `announce ${name('0001')}: list 1`,
    `attach ${name('0001')} to 11300`,
  ])
})

test('a list that is late is told to nodes that start at once, to others when it is due', async () => {
  const { fleet, clock, woken, since } = fleetThatNotes()
  await fleet.follow(deployment([node('0001')]))
  since()
  const list = { text: 'list 2', delayMs: 5_000 }
  const grown = deployment([node('0001', { list }), node('0002', { list })])
  await fleet.follow(grown)
  expect(since()).toEqual([`start ${name('0002')}`, `announce ${name('0002')}: list 2`])
  clock.advanceTo(4_999)
  await fleet.follow(grown)
  expect([since(), woken]).toEqual([[], []])
  clock.advanceTo(5_000)
  expect(woken).toEqual(['shop'])
  await fleet.follow(grown)
  expect(since()).toEqual([`announce ${name('0001')}: list 2`])
})

test('no node gets more memory than the engine has, and limits change while it runs', async () => {
  const { fleet, since } = fleetThatNotes()
  const cache = (ecpuPerSecond: number) =>
    node('0001', {
      memoryLimit: Number.POSITIVE_INFINITY,
      programs: { embedded: { program: 'serverless-memcached', live: { ecpuPerSecond } } },
    })
  await fleet.follow(deployment([cache(100)], { endpoints: [] }))
  expect(since()[0]).toBe(`start ${name('0001')} with 2000000`)
  await fleet.follow(deployment([cache(200)], { endpoints: [] }))
  expect(since()).toEqual([`adjust ${name('0001')}: {"memoryLimit":2000000,"ecpuPerSecond":200}`])
})

test('of a record that is gone nothing runs, whatever else has its name', async () => {
  const { fleet, since } = fleetThatNotes()
  await fleet.follow(deployment([node('0001')]))
  since()
  await fleet.forget({ ...OWNER, kind: 'serverlessCache' })
  expect(since()).toEqual([])
  await fleet.forget(OWNER)
  expect(since()).toEqual([`stop ${name('0001')}`])
})

test('a node that is to speak TLS from now on is given its certificate before it is told so', async () => {
  const { fleet, since } = fleetThatNotes()
  await fleet.follow(deployment([node('0001')]))
  since()
  const certificate = { kind: 'good', subject: 'shop', names: ['localhost'] } as const
  const secure = deployment([node('0001', { memoryLimit: 500_000 })], { certificate })
  await fleet.follow(secure)
  const [first, second, ...rest] = since()
  expect(first).toBe(`show a good certificate at ${name('0001')}`)
  expect(second).toMatch(/^adjust /)
  expect(rest).toEqual([])
  await fleet.follow(secure)
  expect(since()).toEqual([])
})
