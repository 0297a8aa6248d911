import { fork, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { engineFiles } from '../../src/api/local-engine.ts'
import { memcached, startTestEngine, temporaryDirectory } from '../support/engine.ts'
import { start } from '../support/engine-process.ts'
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
    ['an empty one', ({ store }) => writeFileSync(store, ''), /state\.mdb cannot be read: it is empty/],
    ['none where an engine has run', ({ store }) => rmSync(store), /it is not there, though an engine has run here/],
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
        database.putSync(['version'], 3)
        await database.close()
      },
      /has version 3; this cachectl reads version 2/,
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

const shell = (line: string) => spawnSync('sh', ['-c', line], { stdio: 'ignore' })

const cachectl = (...words: string[]) => run(process.execPath, [launcher, ...words])

/** Starts it for the time of the test, and answers what it said. */
async function startRecovering(stateDir: string, ...more: string[]): Promise<string> {
  onTestFinished(async () => void (await cachectl('engine', 'stop', '--state-dir', stateDir)))
  const words = ['engine', 'start', '--recover', '--port', '0', '--state-dir', stateDir, ...more]
  const { code, stdout, stderr } = await cachectl(...words)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const copiesIn = (stateDir: string) => readdirSync(stateDir).filter((name) => name.includes('.damaged-'))

test('what can be saved of a damaged state is saved when asked for, and the damaged file is kept', async () => {
  const stateDir = await copyOfWhole()
  const { store } = engineFiles(stateDir)
  const bytes = readFileSync(store)
  for (let at = bytes.indexOf('"date":'); at >= 0; at = bytes.indexOf('"date":', at + 1)) bytes[at] = 0
  writeFileSync(store, bytes)
  expect((await failureOf(stateDir)).hint).toContain('cachectl engine start --recover')
  const said = await startRecovering(stateDir)
  expect(said).toMatch(/^Saved: .*1 cluster\b/m)
  expect(said).toMatch(/^Lost: \d+ records$/m)
  const [copy = ''] = copiesIn(stateDir)
  expect(said).toContain(`Damaged, and kept: ${join(stateDir, copy)}`)
  expect(readFileSync(join(stateDir, copy)).equals(bytes)).toBe(true)
  expect((await cachectl('list', '--state-dir', stateDir)).stdout).toContain('shop')
})

test('of a state that is gone nothing is saved, and that is said', async () => {
  const stateDir = await copyOfWhole()
  rmSync(engineFiles(stateDir).store)
  const { recovery } = JSON.parse(await startRecovering(stateDir, '--output', 'json'))
  expect(recovery).toEqual({ kept: [], saved: {}, lost: null, lostRecords: [], mayBeOld: false })
})

test('to recover a state that is whole, or none, is to start', async () => {
  for (const stateDir of [await copyOfWhole(), join(temporaryDirectory(), 'new')]) {
    expect(await startRecovering(stateDir)).not.toMatch(/Saved|Lost|kept/)
    expect(copiesIn(stateDir)).toEqual([])
  }
})

test('credentials and users that are damaged are kept aside when asked for, and made anew', async () => {
  const stateDir = await copyOfWhole()
  const { credentials, users } = engineFiles(stateDir)
  for (const file of [credentials, users]) writeFileSync(file, '{')
  const said = await startRecovering(stateDir)
  expect(said).toContain(`Damaged, and kept: ${credentials}.damaged-`)
  expect(said).toContain(`Damaged, and kept: ${users}.damaged-`)
  expect((await cachectl('list', '--state-dir', stateDir)).stdout).toContain('shop')
})

test('a state of a newer cachectl is not recovered but left', async () => {
  const stateDir = await copyOfWhole()
  const { store } = engineFiles(stateDir)
  const database = open({ path: store, noSubdir: true })
  database.putSync(['version'], 3)
  await database.close()
  const before = readFileSync(store)
  const outcome = await cachectl('engine', 'start', '--recover', '--port', '0', '--state-dir', stateDir)
  expect(outcome).toMatchObject({ code: 255, stderr: expect.stringContaining('has version 3') })
  expect(readFileSync(store).equals(before)).toBe(true)
})

test('an engine whose state directory is taken away refuses the next change, and ends', async () => {
  const stateDir = join(temporaryDirectory(), 'state')
  const { client, child } = await start(stateDir)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  rmSync(stateDir, { recursive: true })
  await expect(client.createCacheCluster(memcached('shop'))).rejects.toMatchObject({
    Code: 'InternalFailure',
    message: 'The state directory is gone; nothing has changed, and the engine ends.',
  })
  expect(await ended).toBe(1)
  expect(existsSync(stateDir)).toBe(false)
})

const modeOf = (path: string) => statSync(path).mode & 0o7777

test('a state directory that is there keeps its mode; one that others may write to is refused with the way out', async () => {
  const readable = join(temporaryDirectory(), 'readable')
  mkdirSync(readable)
  chmodSync(readable, 0o755)
  await start(readable)
  expect(modeOf(readable)).toBe(0o755)
  for (const [mode, name] of [
    [0o777, 'with a space'],
    [0o770, 'group'],
    [0o1777, 'sticky'],
  ] as const) {
    const open = join(temporaryDirectory(), name)
    mkdirSync(open)
    chmodSync(open, mode)
    const { code, stderr } = await cachectl('engine', 'start', '--port', '0', '--state-dir', open)
    expect(code).toBe(255)
    expect(stderr).toContain(
      `Others may write to the state directory ${open} (mode ${mode.toString(8).padStart(4, '0')})`,
    )
    expect(stderr).toContain(`chmod go-w ${name.includes(' ') ? `'${open}'` : open}`)
    expect((await failureOf(open)).message).toContain('Others may write')
    expect(modeOf(open)).toBe(mode)
    expect(readdirSync(open)).toEqual([])
  }
})

/** Everything below a directory, with its mode. */
const modesBelow = (directory: string): [string, number][] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => [name, modeOf(join(directory, name))])

test.each(['000', '022', '077'])('with umask %s nothing the engine makes is open to others', async (umask) => {
  const stateDir = join(temporaryDirectory(), 'made', 'state')
  const start = ['engine', 'start', '--port', '0', '--pace', 'instant', '--state-dir', stateDir]
  const line = `umask ${umask}; exec "$@"`
  onTestFinished(async () => void (await cachectl('engine', 'stop', '--state-dir', stateDir)))
  expect(await run('sh', ['-c', line, 'sh', process.execPath, launcher, ...start])).toMatchObject({ code: 0 })
  const create = ['create-serverless-cache', '--serverless-cache-name', 'shop', '--engine', 'memcached', '--wait']
  expect(await cachectl(...create, '--state-dir', stateDir)).toMatchObject({ code: 0 })
  const snapshot = ['--serverless-cache-name', 'shop', '--serverless-cache-snapshot-name', 'copy', '--wait']
  expect(await cachectl('create-serverless-cache-snapshot', ...snapshot, '--state-dir', stateDir)).toMatchObject({
    code: 0,
  })
  expect(await cachectl('engine', 'user', 'create', 'eve', '--state-dir', stateDir)).toMatchObject({ code: 0 })
  expect(await cachectl('engine', 'audit', '--state-dir', stateDir)).toMatchObject({ code: 0 })
  expect(modeOf(stateDir)).toBe(0o700)
  const modes = modesBelow(stateDir)
  expect(modes.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'state.mdb',
      'state.mdb-lock',
      'ca.key',
      'engine.log',
      'audit.jsonl',
      'metrics-token',
      'users.json',
    ]),
  )
  for (const [name, mode] of modes) expect([name, mode & 0o077]).toEqual([name, 0])
})

test('targets with names are kept to their owner, and the directory made for them can be the engine’s', async () => {
  const stateDir = join(temporaryDirectory(), 'state')
  const add = ['target', 'add', 'there', '--endpoint-url', 'http://127.0.0.1:1', '--state-dir', stateDir]
  const umask = ['-c', 'umask 000; exec "$@"', 'sh', process.execPath, launcher]
  expect(await run('sh', [...umask, ...add])).toMatchObject({ code: 0 })
  expect([modeOf(stateDir), modeOf(join(stateDir, 'targets.json'))]).toEqual([0o700, 0o600])
  await start(stateDir)
})

test('files that are open to others are closed to them', async () => {
  const stateDir = await copyOfWhole()
  const { credentials, store } = engineFiles(stateDir)
  for (const file of [credentials, store]) chmodSync(file, 0o666)
  await start(stateDir)
  for (const file of [credentials, store]) expect(modeOf(file)).toBe(0o600)
})

test('a link to a state directory is as good as the directory', async () => {
  const stateDir = await copyOfWhole()
  const link = join(temporaryDirectory(), 'link')
  symlinkSync(stateDir, link)
  const { client } = await start(link)
  expect((await client.describeCacheClusters({})).CacheClusters).toHaveLength(1)
  // Whoever comes by the other name meets the same engine.
  expect((await failureOf(stateDir)).message).toContain('is held by the engine')
})

/** A file system that cannot be written to, where this process may mount one. */
function readOnly(directory: string): boolean {
  const mounted = shell(`mount --bind ${directory} ${directory} && mount -o remount,ro,bind ${directory}`)
  if (mounted.status !== 0) return false
  onTestFinished(() => void shell(`umount -l ${directory}`))
  return true
}

test('a state directory that cannot be written to is refused, and said to be so', async (context) => {
  const stateDir = await copyOfWhole()
  if (!readOnly(stateDir)) return context.skip('no file system can be mounted here')
  const { code, stderr } = await cachectl('engine', 'start', '--port', '0', '--state-dir', stateDir)
  expect(code).toBe(255)
  expect(stderr).toMatch(/The state directory .* cannot be used: EROFS/)
  expect((await failureOf(stateDir)).message).toMatch(/cannot be used: EROFS/)
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
      Description: 'd'.repeat(4_000),
    })
  let made = 0
  const refusal = await (async () => {
    for (; ; made++) await create(made)
  })().catch((error: unknown) => error)
  expect(refusal).toMatchObject({
    Code: 'InternalFailure',
    message: 'The disk of the state directory is full; nothing has changed.',
  })
  const countOwnGroups = async (of = client) =>
    (await of.describeCacheParameterGroups({})).CacheParameterGroups?.filter(({ CacheParameterGroupName }) =>
      CacheParameterGroupName?.startsWith('group-'),
    ).length
  expect(await countOwnGroups()).toBe(made)
  expect((await failureOf(join(disk, 'another'))).message).toMatch(/disk of .*another is full/)
  rmSync(ballast)
  await eventually('there is room again', async () => {
    await create(made)
    return true
  })
  expect(await countOwnGroups()).toBe(made + 1)
  await engine.close()
  const again = await startTestEngine({ stateDir })
  await again.until('shop', 'available')
  expect(await countOwnGroups(again.client())).toBe(made + 1)
})

test('where no directory can be made, that is said', async () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  expect((await failureOf(join(file, 'state'))).message).toMatch(/cannot be used: ENOTDIR/)
})
