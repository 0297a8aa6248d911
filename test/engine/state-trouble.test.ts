import { fork, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { engineFiles } from '../../src/api/local-engine.ts'
import { memcached, startTestEngine, temporaryDirectory } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { run } from '../support/programs.ts'

const engineFile = new URL('../../dist/engine.js', import.meta.url)
const launcher = new URL('../../bin/run.js', import.meta.url).pathname

/** What a start of the engine says when it fails, as the command line would get it. */
function failureOf(stateDir: string): Promise<{ message: string; hint?: string }> {
  const options = JSON.stringify({ stateDir, port: 0, region: 'us-west-2', pace: 'instant' })
  const child = fork(engineFile, [options], { stdio: 'ignore' })
  return new Promise((resolve, reject) => {
    child.once('message', (outcome: { failed?: { message: string } }) => {
      if (outcome.failed) resolve(outcome.failed)
      else reject(new Error('it started'))
      child.kill('SIGKILL')
    })
    child.once('exit', (code, signal) => reject(new Error(`it ended without a word: ${signal ?? code}`)))
  })
}

const contentOf = (stateDir: string) =>
  Object.fromEntries(
    readdirSync(stateDir)
      .filter((name) => !name.endsWith('-lock') && name !== 'snapshots')
      .map((name) => [name, readFileSync(join(stateDir, name), 'base64')]),
  )

/** A state directory with a cluster in it. */
let whole: string
const copyOfWhole = async () => {
  const { cpSync } = await import('node:fs')
  const copy = join(temporaryDirectory(), 'state')
  cpSync(whole, copy, { recursive: true })
  chmodSync(copy, 0o700)
  return copy
}

beforeAll(async () => {
  const cleanUps: (() => Promise<void> | void)[] = []
  const engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
  await engine.client().createCacheCluster(memcached('shop'))
  await engine.until('shop', 'available')
  await engine.close()
  whole = engine.stateDir
  return async () => {
    for (const work of cleanUps.reverse()) await work()
  }
})

describe('a state that cannot be used is told of, and left as it is', () => {
  const cases: [string, (files: ReturnType<typeof engineFiles>) => Promise<void> | void, RegExp][] = [
    ['no store at all', ({ store }) => writeFileSync(store, Buffer.alloc(100_000, 'x')), /not a store of cachectl/],
    ['a short one', ({ store }) => writeFileSync(store, 'hello'), /not a store of cachectl/],
    [
      'a store that was cut off',
      ({ store }) => truncateSync(store, statSync(store).size - 4096),
      /state\.mdb cannot be read: it has \d+ bytes of \d+\. It has been left as it is/,
    ],
    [
      'the state of a newer cachectl',
      async ({ store }) => {
        const database = open({ path: store, noSubdir: true })
        database.putSync(['version'], 2)
        await database.close()
      },
      /has version 2; this cachectl reads version 1/,
    ],
    [
      'credentials that are no JSON',
      ({ credentials }) => writeFileSync(credentials, '{'),
      /credentials\.json cannot be read/,
    ],
    ['users that are no JSON', ({ users }) => writeFileSync(users, '[]]'), /users\.json cannot be read/],
  ]
  test.each(cases)('%s', async (_, damage, message) => {
    const stateDir = await copyOfWhole()
    await damage(engineFiles(stateDir))
    const before = contentOf(stateDir)
    const failure = await failureOf(stateDir)
    expect(failure.message).toMatch(message)
    expect(failure.hint).toMatch(/--state-dir/)
    const { [storeName]: _store, ...rest } = contentOf(stateDir)
    const { [storeName]: _before, ...restBefore } = before
    expect(rest).toEqual(restBefore)
    if (!/users|credentials/.test(message.source)) expect(_store).toBe(_before)
  })
})

const storeName = 'state.mdb'

test('a store damaged so that the process that reads it crashes is told of by the command line', async () => {
  const stateDir = await copyOfWhole()
  const { store } = engineFiles(stateDir)
  const bytes = readFileSync(store)
  for (let at = 8192; at < bytes.length; at += 3) bytes[at] = (bytes[at] ?? 0) ^ 0x5a
  writeFileSync(store, bytes)
  const { code, stderr } = await run(process.execPath, [
    launcher,
    'engine',
    'start',
    '--port',
    '0',
    '--state-dir',
    stateDir,
  ])
  expect(code).toBe(255)
  expect(stderr).toMatch(/cannot be read|crashed while it read its state/)
  expect(readFileSync(store).equals(bytes)).toBe(true)
})

test.skipIf(process.geteuid?.() !== 0)('a state directory of another user is not touched', async () => {
  const stateDir = await copyOfWhole()
  const other = join(temporaryDirectory(), 'others')
  mkdirSync(other, { mode: 0o755 })
  chownSync(other, 12_345, 12_345)
  expect((await failureOf(other)).message).toMatch(/belongs to another user \(uid 12345, not 0\)/)
  const { code, stderr } = await run(process.execPath, [
    launcher,
    'engine',
    'start',
    '--port',
    '0',
    '--state-dir',
    other,
  ])
  expect([code, stderr]).toEqual([255, expect.stringMatching(/belongs to another user/)])
  expect(readdirSync(other)).toEqual([])
  expect(statSync(other).mode & 0o777).toBe(0o755)
  expect(readdirSync(stateDir)).not.toEqual([])
})

const shell = (line: string) => spawnSync('sh', ['-c', line], { stdio: 'ignore' })

/** A file system of 3 MB, where this process may mount one. */
function smallDisk(): string | undefined {
  const directory = temporaryDirectory()
  const mounted = shell(`mount -t tmpfs -o size=3m tmpfs ${directory}`)
  if (mounted.status !== 0) return undefined
  onTestFinished(() => void shell(`umount -l ${directory}`))
  return directory
}

test('on a full disk changes are refused, nothing is lost, and all goes on when there is room', async (context) => {
  const disk = smallDisk()
  if (!disk) return context.skip('no file system can be mounted here')
  const stateDir = join(disk, 'state')
  const engine = await startTestEngine({ stateDir })
  const client = engine.client()
  await client.createCacheCluster(memcached('shop'))
  await engine.until('shop', 'available')
  const ballast = join(disk, 'ballast')
  expect(() => writeFileSync(ballast, Buffer.alloc(4_000_000))).toThrow(/ENOSPC/)
  const create = (index: number) =>
    client.createCacheParameterGroup({
      CacheParameterGroupName: `group-${index}`,
      CacheParameterGroupFamily: 'memcached1.6',
      Description: 'd'.repeat(5_000),
    })
  let made = 0
  const refusal = await (async () => {
    for (; ; made++) await create(made)
  })().catch((error: unknown) => error)
  expect(refusal).toMatchObject({
    Code: 'InternalFailure',
    message: 'The disk of the state directory is full; nothing has changed.',
  })
  const countGroups = async () => (await client.describeCacheParameterGroups({})).CacheParameterGroups?.length
  expect(await countGroups()).toBe(made + 3)
  expect((await failureOf(join(disk, 'another'))).message).toMatch(/disk of .*another is full/)
  rmSync(ballast)
  await eventually('there is room again', async () => {
    await create(made)
    return true
  })
  expect(await countGroups()).toBe(made + 4)
  await engine.close()
  const again = await startTestEngine({ stateDir })
  await again.until('shop', 'available')
  expect((await again.client().describeCacheParameterGroups({})).CacheParameterGroups).toHaveLength(made + 4)
})

test('where no directory can be made, that is said', async () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  expect((await failureOf(join(file, 'state'))).message).toMatch(/cannot be used: ENOTDIR/)
})
