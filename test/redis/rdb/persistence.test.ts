import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/redis/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { isInstalled } from '../../support/programs.ts'
import { NEEDS_REDIS, PROGRAMS, startRedis } from '../../support/redis-server.ts'
import { type NodeOptions, startNode } from '../support/node.ts'
import { Talk } from '../support/talk.ts'
import { filling } from './filling.ts'

const atEnd = (work: () => Promise<void>) => onTestFinished(work)

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-rdb-'))
  atEnd(async () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const start = (dir: string, { config = [], ...options }: NodeOptions = {}) =>
  startNode(atEnd, {
    config: [`dir ${dir}`, 'enable-debug-command yes', 'enable-protected-configs yes', ...config],
    ...options,
  })

const digest = async (talk: Talk): Promise<string> => (await talk.ask(['DEBUG', 'DIGEST']))[0] ?? ''

async function persistence(talk: Talk): Promise<Map<string, string>> {
  const [info = ''] = await talk.ask(['INFO', 'persistence'])
  return new Map(info.split('\r\n').map((line) => line.split(':') as [string, string])) // lines of two parts, or nobody asks
}

test('what SAVE has written is there after a start', async () => {
  const dir = temporaryDirectory()
  const { talk } = await start(dir)
  await talk.ask(...filling)
  expect(await talk.ask(['SAVE'])).toEqual(['+OK\r\n'])
  const later = await start(dir)
  await later.node.load()
  expect(await digest(later.talk)).toBe(await digest(talk))
  expect((await persistence(later.talk)).get('rdb_last_load_keys_loaded')).toBe('47')
  expect(await later.talk.ask(['FCALL', 'f', '0'])).toEqual(['$5\r\nhello\r\n'])
})

test('BGSAVE writes beside, and there is one at a time', async () => {
  const dir = temporaryDirectory()
  const { talk } = await start(dir)
  await talk.ask(...filling)
  const replies = await talk.ask(
    ...[['BGSAVE'], ['BGSAVE', 'SCHEDULE'], ['SAVE'], ['SET', 'after', '1'], ['BGSAVE', 'NOW'], ['BGREWRITEAOF']],
  )
  expect(replies).toEqual([
    '+Background saving started\r\n',
    '-ERR Background save already in progress\r\n',
    '-ERR Background save already in progress\r\n',
    '+OK\r\n',
    '-ERR syntax error\r\n',
    '+Background append only file rewriting scheduled\r\n',
  ])
  await eventually('it is saved', async () => (await persistence(talk)).get('rdb_bgsave_in_progress') === '0')
  const told = await persistence(talk)
  expect(told.get('rdb_changes_since_last_save')).toBe('1')
  expect(told.get('rdb_last_bgsave_status')).toBe('ok')
  expect(readdirSync(dir)).toEqual(['dump.rdb'])
  const later = await start(dir)
  await later.node.load()
  expect(await later.talk.ask(['EXISTS', 'after', 'large-hash'])).toEqual([':1\r\n'])
})

test('one that is called off leaves the file before as it was', async () => {
  const dir = temporaryDirectory()
  const { node, talk } = await start(dir)
  await talk.ask(['SET', 'k', 'v'], ['SAVE'])
  const before = readFileSync(join(dir, 'dump.rdb'))
  await talk.ask(...filling, ['BGSAVE'])
  await node.close()
  expect(readdirSync(dir)).toEqual(['dump.rdb'])
  expect(readFileSync(join(dir, 'dump.rdb')).equals(before)).toBe(true)
})

test('save points save once so much was changed and so long ago', async () => {
  const dir = temporaryDirectory()
  let later = 0
  const clock = { ...systemClock, now: () => Date.now() + later }
  const { talk } = await start(dir, { clock, config: ['save 60 2'] })
  await talk.ask(['SET', 'a', '1'])
  later = 120_000
  await talk.ask(['SET', 'b', '1'])
  await eventually('it is saved', async () => (await persistence(talk)).get('rdb_saves') === '1')
  expect(await talk.ask(['FLUSHALL'], ['SHUTDOWN', 'SAVE', 'NOSAVE'])).toEqual(['+OK\r\n', '-ERR syntax error\r\n'])
  expect((await persistence(talk)).get('rdb_saves')).toBe('2')
})

test('writes are refused while it can’t be saved', async () => {
  const dir = temporaryDirectory()
  const { talk } = await start(dir, { config: ['save 3600 1'] })
  rmSync(dir, { recursive: true })
  expect(await talk.ask(['SET', 'a', '1'], ['SAVE'])).toEqual(['+OK\r\n', '-ERR\r\n'])
  const [set, get] = await talk.ask(['SET', 'a', '2'], ['GET', 'a'])
  expect(set).toMatch(/^-MISCONF Redis is configured to save RDB snapshots/)
  expect(get).toBe('$1\r\n1\r\n')
  expect(await talk.ask(['CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no'], ['SET', 'a', '2'])).toEqual([
    '+OK\r\n',
    '+OK\r\n',
  ])
  const [refused] = await talk.ask(['CONFIG', 'SET', 'dir', dir])
  expect(refused).toBe("-ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or directory\r\n")
})

test('clients are told to wait while a file is loaded', async () => {
  const dir = temporaryDirectory()
  const { talk } = await start(dir)
  await talk.ask(['SET', 'k', 'v'], ['SAVE'])
  const file = readFileSync(join(dir, 'dump.rdb'))
  rmSync(join(dir, 'dump.rdb'))
  execFileSync('mkfifo', [join(dir, 'dump.rdb')])
  const later = await start(dir)
  const loading = later.node.load()
  expect(await later.talk.ask(['GET', 'k'])).toEqual(['-LOADING Redis is loading the dataset in memory\r\n'])
  expect((await persistence(later.talk)).get('loading')).toBe('1')
  writeFileSync(join(dir, 'dump.rdb'), file)
  await loading
  expect(await later.talk.ask(['GET', 'k'])).toEqual(['$1\r\nv\r\n'])
})

test('a file that can’t be loaded is named', async () => {
  const dir = temporaryDirectory()
  const { node, talk } = await start(dir)
  writeFileSync(join(dir, 'dump.rdb'), 'REDIS0011')
  await expect(node.load()).rejects.toThrow(`${join(dir, 'dump.rdb')}: Short read`)
  expect(await talk.ask(['SET', 'k', 'v'])).toEqual(['+OK\r\n'])
})

test('a file with keys that have expired is loaded without them', async () => {
  const dir = temporaryDirectory()
  let later = 0
  const clock = { ...systemClock, now: () => 1_800_000_000_000 + later }
  const { talk } = await start(dir, { clock })
  await talk.ask(['SET', 'k', 'v', 'PX', '1000'], ['SET', 'other', 'v', 'PX', '9000'], ['SAVE'])
  later = 5000
  const after = await start(dir, { clock })
  await after.node.load()
  expect(await after.talk.ask(['DBSIZE'], ['PTTL', 'other'])).toEqual([':1\r\n', ':4000\r\n'])
})

test('DEBUG RELOAD keeps everything', async () => {
  const { talk } = await start(temporaryDirectory())
  await talk.ask(...filling)
  const was = await digest(talk)
  for (const command of [
    ['DEBUG', 'RELOAD'],
    ['DEBUG', 'RELOAD', 'NOSAVE'],
    ['DEBUG', 'LOADAOF'],
  ]) {
    expect(await talk.ask(command)).toEqual(['+OK\r\n'])
    expect(await digest(talk)).toBe(was)
  }
  const [dup, wrong] = await talk.ask(['DEBUG', 'RELOAD', 'NOSAVE', 'NOFLUSH'], ['DEBUG', 'RELOAD', 'X'])
  expect(dup).toBe('-ERR Error trying to load the RDB dump\r\n')
  expect(wrong).toBe('-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n')
})

describe.each(PROGRAMS)(`files of $program ${NEEDS_REDIS}`, ({ program, installed }) => {
  const engine = program === 'redis-server' ? 'redis' : 'valkey'
  const version = { redis: '7.0.15', valkey: '8.0.1' }[engine]

  test.skipIf(!installed)('are loaded by the node, and those of the node by it', async () => {
    const dir = temporaryDirectory()
    const config = ['--dir', dir, '--enable-debug-command', 'yes', '--maxmemory-policy', 'allkeys-lfu']
    const server = await startRedis(config, { program, atEnd })
    const theirs = await Talk.to(server.port)
    atEnd(async () => theirs.end())
    await theirs.ask(...filling)
    const was = await digest(theirs)
    expect(await theirs.ask(['SAVE'])).toEqual(['+OK\r\n'])
    const ours = await start(dir, { engine, version })
    await ours.node.load()
    rmSync(join(dir, 'dump.rdb'))
    expect(await ours.talk.ask(['SAVE'])).toEqual(['+OK\r\n'])
    expect(await theirs.ask(['DEBUG', 'RELOAD', 'NOSAVE'])).toEqual(['+OK\r\n'])
    expect(await digest(theirs)).toBe(was)
    const checker = `${engine}-check-rdb`
    if (isInstalled(checker)) {
      const said = execFileSync(checker, [join(dir, 'dump.rdb')], { encoding: 'utf8' })
      expect(said).toMatch(/Checksum OK[\s\S]*47 keys read/)
    }
  })
})
