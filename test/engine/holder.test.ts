import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type EngineInfo, engineFiles, type Holder } from '../../src/api/local-engine.ts'
import { type Seat, StateDirectoryHeld, takeStateDirectory } from '../../src/engine/store/holder.ts'
import { boot, mayBeAlive } from '../../src/holder/boot.ts'
import { neighboursIn } from '../../src/holder/peers.ts'
import { holderInWords, pidNamespace } from '../../src/holder/words.ts'
import { clientOf, memcached, startTestEngine, temporaryDirectory } from '../support/engine.ts'
import { launch, start } from '../support/engine-process.ts'
import { eventually } from '../support/eventually.ts'
import { run } from '../support/programs.ts'

const engineFile = new URL('../../dist/engine.js', import.meta.url).pathname
const launcher = new URL('../../bin/run.js', import.meta.url).pathname

const holder = (pid: number): Holder => ({
  pid,
  pidNamespace: pidNamespace(),
  host: 'here',
  startedAt: '2030-01-01T00:00:00.000Z',
  url: '',
})
const take = (stateDir: string, pid = 1) => takeStateDirectory(stateDir, holder(pid), () => {})
const socketsIn = (stateDir: string) => readdirSync(stateDir).filter((name) => name.endsWith('.sock'))

test('of those that come at once one takes the directory, and the others learn which, a hundred times', async () => {
  const stateDir = temporaryDirectory()
  for (let round = 0; round < 100; round++) {
    const pids = [1, 2, 3, 4].slice(0, 2 + (round % 3))
    const outcomes = await Promise.allSettled(pids.map((pid) => take(stateDir, pid)))
    const taken = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(taken).toHaveLength(1)
    const winner = pids[outcomes.findIndex(({ status }) => status === 'fulfilled')]
    for (const each of outcomes) {
      if (each.status === 'rejected') expect(String(each.reason)).toContain(`held by the engine with pid ${winner}.`)
    }
    expect(socketsIn(stateDir)).toEqual([taken[0]?.name])
    taken[0]?.leave()
  }
})

test('a directory whose holder has left is free', async () => {
  const stateDir = temporaryDirectory()
  const first = await take(stateDir)
  await expect(take(stateDir)).rejects.toThrow(StateDirectoryHeld)
  first.leave()
  const second = await take(stateDir, 2)
  second.leave()
  expect(socketsIn(stateDir)).toEqual([])
})

test('a path too long for a socket is held all the same', async () => {
  const stateDir = join(temporaryDirectory(), 'long'.repeat(40))
  mkdirSync(stateDir)
  const seat = await take(stateDir, 7)
  await expect(take(stateDir)).rejects.toThrow('held by the engine with pid 7.')
  expect(socketsIn(stateDir)).toEqual([seat.name])
  seat.leave()
})

test('what a killed engine left is taken away, and what is not of an engine stays', async () => {
  const stateDir = temporaryDirectory()
  const engine = await start(stateDir)
  const left = socketsIn(stateDir)
  await engine.kill()
  expect(socketsIn(stateDir)).toEqual(left)
  const stranger = net.createServer().listen(join(stateDir, 'mine.sock'))
  onTestFinished(() => void stranger.close())
  const seat = await take(stateDir)
  expect(socketsIn(stateDir).sort()).toEqual([seat.name, 'mine.sock'])
  seat.leave()
})

test('an engine that does not get its turn holds its directory still', async () => {
  const stateDir = temporaryDirectory()
  const engine = await start(stateDir)
  engine.child.kill('SIGSTOP')
  await expect(take(stateDir)).rejects.toThrow('held by an engine that does not answer')
  engine.child.kill('SIGCONT')
  await expect(take(stateDir)).rejects.toThrow(`held by the engine with pid ${engine.info.pid} at ${engine.info.url}.`)
})

test('a guest that sends anything but the word is turned away, and the engine runs on', async () => {
  const stateDir = temporaryDirectory()
  let asked = 0
  const seat: Seat = await takeStateDirectory(stateDir, holder(1), () => asked++)
  const guest = net.connect(join(stateDir, seat.name))
  guest.on('error', () => {})
  const closed = new Promise((resolve) => guest.on('close', resolve))
  guest.resume().write('GET / HTTP/1.1\r\n\r\n')
  await closed
  expect(asked).toBe(0)
  const { peers } = await neighboursIn(stateDir)
  peers[0]?.askToStop()
  await eventually('the word has arrived', async () => asked === 1)
  peers[0]?.close()
  seat.leave()
})

const NFS = 0x6969
const EXT4 = 0xef53

/** A socket nothing listens on any more. */
async function deadSocket(path: string): Promise<void> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(`${path}.alive`, resolve))
  renameSync(`${path}.alive`, path)
  await new Promise((resolve) => server.close(resolve))
}

test('a socket of another boot is left of one here, or of an engine on another machine where machines share files', async () => {
  const stateDir = temporaryDirectory()
  const [ours, other] = [boot(), '00000000'].map((its) => join(stateDir, `engine-${its}-0123456789abcdef.sock`)) as [
    string,
    string,
  ] // of two, two
  await deadSocket(ours)
  await deadSocket(other)
  const here = await neighboursIn(stateDir, '', () => EXT4)
  expect([here.dead.toSorted(), here.elsewhere]).toEqual([[ours, other].sort(), []])
  expect(await neighboursIn(stateDir, '', () => NFS)).toEqual({ peers: [], dead: [ours], elsewhere: [other] })
  const seat = await take(stateDir)
  expect(socketsIn(stateDir)).toEqual([seat.name])
  seat.leave()
})

test('only a directory that machines share, last used on another one, may be held by what cannot be reached', () => {
  expect(mayBeAlive('one', 'other', NFS)).toBe(true)
  expect(mayBeAlive('one', 'one', NFS)).toBe(false)
  expect(mayBeAlive('one', 'other', EXT4)).toBe(false)
})

test('of a holder in another PID namespace is said where it is and since when', () => {
  expect(holderInWords({ ...holder(7), url: 'http://127.0.0.1:1' })).toBe('the engine with pid 7 at http://127.0.0.1:1')
  expect(holderInWords({ ...holder(7), pidNamespace: 'pid:[1]' })).toBe(
    'the engine with pid 7 in another PID namespace (host here, since 2030-01-01T00:00:00.000Z)',
  )
})

test('the socket of an engine is its owner’s alone, and gone when it has ended', async () => {
  const engine = await startTestEngine()
  const [name = ''] = socketsIn(engine.stateDir)
  expect(statSync(join(engine.stateDir, name)).mode & 0o777).toBe(0o600)
  await engine.close()
  expect(socketsIn(engine.stateDir)).toEqual([])
})

const NAMESPACES = ['--pid', '--fork', '--kill-child', '--mount-proc'] as const
const canUnshare = spawnSync('unshare', [...NAMESPACES, '--net', 'true']).status === 0

/** An engine in a PID namespace of its own; `--net`: and where its port is nobody else's. */
async function startApart(stateDir: string, more: readonly string[] = []): Promise<EngineInfo> {
  const options = JSON.stringify({ stateDir, port: 0, region: 'us-west-2', pace: 'instant' })
  const inside = more.includes('--net') ? ['sh', '-c', 'ip link set lo up; exec "$@"', 'sh'] : []
  const child = spawn('unshare', [...NAMESPACES, ...more, ...inside, process.execPath, engineFile, options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (piece: Buffer) => {
    said += piece
  })
  const { info } = engineFiles(stateDir)
  const ended = new Promise<never>((_, reject) => child.on('exit', (code) => reject(new Error(`${code}: ${said}`))))
  ended.catch(() => {})
  await Promise.race([eventually('the engine apart answers', async () => existsSync(info)), ended])
  return JSON.parse(readFileSync(info, 'utf8')) as EngineInfo
}

test('engines in two PID namespaces: the second is refused, and loses nothing of the first', async (context) => {
  if (!canUnshare) return context.skip('no namespaces can be made here')
  const stateDir = temporaryDirectory()
  const first = await startApart(stateDir)
  const credentials = JSON.parse(readFileSync(engineFiles(stateDir).credentials, 'utf8'))
  await clientOf({ info: first, credentials }).createCacheCluster(memcached('shop'))
  const told = `is held by the engine with pid ${first.pid} in another PID namespace (host ${first.host}, since`
  await expect(startApartAgain(stateDir)).resolves.toContain(told)
  const { outcome } = await launch(stateDir)
  expect(outcome.failed?.message).toContain(told)
  expect(outcome.failed?.message).toContain(first.url)
  const { CacheClusters } = await clientOf({ info: first, credentials }).describeCacheClusters({})
  expect(CacheClusters).toHaveLength(1)
})

/** What an engine says that cannot start in a PID namespace of its own. */
async function startApartAgain(stateDir: string): Promise<string> {
  const options = JSON.stringify({ stateDir, port: 0, region: 'us-west-2', pace: 'instant' })
  const { code, stderr } = await run('unshare', [...NAMESPACES, process.execPath, engineFile, options])
  expect(code).toBe(1)
  return stderr
}

test('an engine in another PID namespace is used, and stopped, as if it were in this one', async (context) => {
  if (!canUnshare) return context.skip('no namespaces can be made here')
  const stateDir = temporaryDirectory()
  const { pid, url } = await startApart(stateDir)
  const cachectl = (...words: string[]) => run(process.execPath, [launcher, ...words, '--state-dir', stateDir])
  expect((await cachectl('engine', 'start')).stdout).toContain(`The engine is already running: ${url} (pid ${pid})`)
  expect((await cachectl('list')).stdout).toContain('No caches')
  expect((await cachectl('engine', 'stop')).stdout).toBe(`Engine stopped (pid ${pid}).\n`)
  expect((await cachectl('engine', 'stop')).stdout).toContain('No engine is running')
})

test('an engine in another network namespace is named and stopped, though its API is out of reach', async (context) => {
  if (!canUnshare) return context.skip('no namespaces can be made here')
  const stateDir = temporaryDirectory()
  const { pid, url } = await startApart(stateDir, ['--net'])
  const cachectl = (...words: string[]) => run(process.execPath, [launcher, ...words, '--state-dir', stateDir])
  const status = await cachectl('engine', 'status')
  expect(status).toMatchObject({ code: 255, stdout: '' })
  expect(status.stderr).toContain(`The engine with pid ${pid} in another PID namespace`)
  expect(status.stderr).toContain(`at ${url} holds ${stateDir}, and its API cannot be reached from here.`)
  expect((await cachectl('engine', 'stop')).stdout).toBe(`Engine stopped (pid ${pid}).\n`)
})

test('stop and start say whose engine it is that they cannot reach', async () => {
  const stateDir = temporaryDirectory()
  const { info } = await start(stateDir)
  const [name = ''] = socketsIn(stateDir)
  rmSync(join(stateDir, name))
  // A link to itself: connecting fails otherwise than by refusal, as it does where access is denied.
  symlinkSync(name, join(stateDir, name))
  const { code, stderr } = await run(process.execPath, [launcher, 'engine', 'stop', '--state-dir', stateDir])
  expect(code).toBe(255)
  const named = `The engine with pid ${info.pid} at ${info.url} holds ${stateDir}, and cannot be reached: `
  expect(stderr).toContain(`${named}its socket answers ELOOP.`)
  await expect(take(stateDir)).rejects.toThrow('is held by an engine: its socket answers ELOOP.')
})
