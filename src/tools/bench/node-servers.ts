import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { quietEnvironment } from './measure.ts'

/** A server under load, in a process of its own. */
export interface MeasuredServer {
  readonly ports: readonly number[]
  readonly pid: number
  stop(): Promise<void>
}

const cachectl = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** One thread, and room for whatever the loads store; both programs take the same options. */
const OPTIONS = [
  '-t',
  '1',
  '-l',
  '127.0.0.1',
  '-p',
  '-1',
  '-U',
  '0',
  '-c',
  '11000',
  '-m',
  '1024',
  '-u',
  userInfo().username,
]

const PROGRAMS = {
  ours: [process.execPath, cachectl, 'node', 'run'],
  memcached: ['memcached'],
} as const

export type Program = keyof typeof PROGRAMS

const STARTS_WITHIN_MS = 20_000

/**
 * Starts `cachectl node run` or memcached on a free port, with TLS or without, and waits until it answers.
 * @param more Further options; of one given twice, the later counts.
 */
export async function launchServer(
  program: Program,
  secure: boolean,
  more: readonly string[] = [],
): Promise<MeasuredServer> {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-bench-'))
  const portFile = join(directory, 'port')
  const [file, ...first] = PROGRAMS[program]
  const child = spawn(file, [...first, ...OPTIONS, ...more, ...(secure ? tlsOptions(directory) : [])], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: quietEnvironment({ MEMCACHED_PORT_FILENAME: portFile }),
  })
  const port = await portIn(portFile, child)
  await untilAnswers(port)
  return {
    ports: [port],
    pid: child.pid as number, // it has written its port
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function tlsOptions(directory: string): string[] {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', key, '-out', cert]
  const { status, stderr } = spawnSync('openssl', made, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl: ${stderr}`)
  return ['-Z', '-o', `ssl_chain_cert=${cert},ssl_key=${key}`]
}

async function portIn(file: string, child: ChildProcess): Promise<number> {
  const deadline = performance.now() + STARTS_WITHIN_MS
  while (child.exitCode === null && performance.now() < deadline) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    const [, port] = /^TCP INET: (\d+)$/m.exec(text) ?? []
    if (port !== undefined) return Number(port)
    await sleep(20)
  }
  throw new Error(`${child.spawnfile} did not start to listen`)
}

async function untilAnswers(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', reject)
    socket.once('connect', () => socket.destroy())
    socket.once('close', resolve)
  })
}

/** Linux: processor time that all threads of a process have used, in seconds. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const [user, system] = [fields[11], fields[12]].map(Number) as [number, number] // clock ticks, of which Linux has 100
  return (user + system) / 100
}

/** `1.6.18`, or undefined when there is no memcached here. */
export function memcachedVersion(): string | undefined {
  const { stdout, error } = spawnSync('memcached', ['-V'], { encoding: 'utf8' })
  return error ? undefined : /\d+\.\d+\.\d+/.exec(stdout)?.[0]
}
