/** The system's ssh as a way to places that only another host reaches. */
import { type ChildProcess, spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { errorCode } from '../../../api/thrown.ts'
import { boundTo } from '../../../net/bound.ts'
import { sleep, systemClock } from '../../../net/clock.ts'
import { Problem, usageProblem } from '../../problem.ts'

export interface SshPlace {
  readonly host: string
  readonly user?: string
  readonly port?: string
}

/** `ssh://user@host:22`. Nothing that ssh would read as an option, or a shell as more than a word. */
export function sshPlaceOf(said: string, argument: string): SshPlace {
  const url = URL.canParse(said) ? new URL(said) : undefined
  const isPlain =
    url?.protocol === 'ssh:' && !url.password && ['', '/'].includes(url.pathname) && !url.search && !url.hash
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  if (!url || !isPlain || !/^[\w:][\w.:-]*$/.test(host) || !/^(?:[\w.][\w.@-]*)?$/.test(url.username)) {
    throw usageProblem(
      `argument ${argument}: ${said} is no place for ssh`,
      'As in ssh://bastion or ssh://ec2-user@10.0.0.5:22.',
    )
  }
  return { host, ...(url.username && { user: url.username }), ...(url.port && { port: url.port }) }
}

export interface Ssh {
  /** Where it takes connections for the other end, by SOCKS. */
  readonly proxy: { readonly host: string; readonly port: number }
  /** Resolves when it has ended, with why. */
  readonly ended: Promise<string>
  close(): void
}

const LOOPBACK = '127.0.0.1'
const LOOK_MS = 100

/** Starts ssh, which asks for passwords and shows what it has to say on the terminal, and waits until it is there. */
export async function openSsh({ host, user, port }: SshPlace, timeoutMs: number, signal: AbortSignal): Promise<Ssh> {
  const proxy = { host: LOOPBACK, port: await freePort() }
  const options = ['ExitOnForwardFailure=yes', 'ServerAliveInterval=15'].flatMap((option) => ['-o', option])
  const place = [...(port === undefined ? [] : ['-p', port]), ...(user === undefined ? [] : ['-l', user]), host]
  const child = spawn('ssh', ['-N', '-T', ...options, '-D', `${LOOPBACK}:${proxy.port}`, ...place], {
    stdio: ['inherit', 'ignore', 'inherit'],
  })
  const ended = endOf(child)
  const ssh: Ssh = { proxy, ended, close: () => child.kill() }
  const over = new AbortController()
  const first = await Promise.race([
    ended,
    untilListening(proxy, AbortSignal.any([over.signal, signal])),
    sleep(systemClock, timeoutMs, over.signal).then(() => `it was not there after ${timeoutMs / 1000} s`),
  ])
  over.abort()
  if (first === undefined) return ssh
  ssh.close()
  throw new Problem(
    'general',
    `No way through ssh://${host}: ${first}.`,
    `Does \`ssh ${place.join(' ')}\` work by itself?`,
  )
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) =>
      resolve(errorCode(error) === 'ENOENT' ? 'there is no program ssh in PATH' : error.message),
    )
    child.once('exit', (code, by) => resolve(`ssh ended (${by ?? `exit code ${code}`})`))
  })

/** Undefined, too, once the signal aborts. */
async function untilListening(place: Ssh['proxy'], signal: AbortSignal): Promise<undefined> {
  while (!signal.aborted && !(await isListening(place))) await sleep(systemClock, LOOK_MS, signal)
}

const isListening = (place: Ssh['proxy']): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(place, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: LOOPBACK, port: 0 }, () => {
      const { port } = boundTo(server)
      server.close(() => resolve(port))
    })
  })
