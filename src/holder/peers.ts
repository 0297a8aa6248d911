/**
 * Those that listen in a state directory. The engine that holds it, and one that is about to, has a socket file there under a
 * new name. A connection to it succeeds for as long as that process lives, from any namespace that sees the directory, and no
 * longer: the kernel closes what listens with the process, however it ends.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, realpathSync, rmSync, statfsSync, symlinkSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Holder } from '../api/local-engine.ts'
import { boot, mayBeAlive } from './boot.ts'

/** The boot of the machine it was made on, and what makes it the only one. */
const NAME = /^engine-(?<boot>[0-9a-f]{8})-[0-9a-f]{16}\.sock$/
/** With its end a path has 104 bytes on macOS, 108 on Linux. */
const LONGEST_PATH = 103
/** The line that asks a holder to end. */
export const STOP = 'stop\n'

/** It left between two looks at it. */
const LEFT: ReadonlySet<string> = new Set(['ENOENT', 'ECONNRESET', 'EPIPE'])

export interface Neighbours {
  readonly peers: readonly Peer[]
  /** Paths of sockets whose processes are gone. */
  readonly dead: readonly string[]
  /** Those whose processes may be on another machine that shares the directory. */
  readonly elsewhere: readonly string[]
}

/** A process listens there that can't be spoken to: it may well hold the directory. */
export class PeerUnreachable extends Error {
  constructor(code: string) {
    super(`its socket answers ${code}`)
  }
}

/** Connects to all that listen in the directory, but to `own`. Rejects with PeerUnreachable. */
export async function neighboursIn(
  stateDir: string,
  own = '',
  fileSystemOf = (path: string): number => statfsSync(path).type,
): Promise<Neighbours> {
  const names = socketNamesIn(stateDir).filter((name) => name !== own)
  const met = await Promise.allSettled(names.map((name) => connect(socketPath(stateDir, name))))
  const peers: Peer[] = []
  const [dead, elsewhere]: [string[], string[]] = [[], []]
  for (const [index, outcome] of met.entries()) {
    const name = names[index] as string // one outcome for each name
    if (outcome.status === 'fulfilled') peers.push(new Peer(name, outcome.value))
    else if (outcome.reason.code === 'ECONNREFUSED') {
      const itsBoot = NAME.exec(name)?.groups?.boot ?? ''
      const isElsewhere = mayBeAlive(itsBoot, boot(), fileSystemOf(stateDir))
      ;(isElsewhere ? elsewhere : dead).push(socketPath(stateDir, name))
    } else if (!LEFT.has(outcome.reason.code)) {
      for (const { value } of met.filter((each) => each.status === 'fulfilled')) value.destroy()
      throw new PeerUnreachable(String(outcome.reason.code))
    }
  }
  return { peers, dead, elsewhere }
}

/** A process that listens in the state directory, and a connection to it. */
export class Peer {
  readonly name: string
  /** Resolves when the connection is closed from there: by its withdrawal, or with the process. */
  readonly gone: Promise<void>
  readonly #socket: net.Socket
  #text = ''

  constructor(name: string, socket: net.Socket) {
    this.name = name
    this.#socket = socket
    socket.setEncoding('utf8').on('data', (piece: string) => {
      this.#text += piece
    })
    this.gone = new Promise((resolve) => socket.on('close', () => resolve()))
  }

  /** What it says of itself when it holds the directory; 'gone' when it withdrew or ended, 'silent' after `ms` without a word. */
  async word(ms: number): Promise<Holder | 'gone' | 'silent'> {
    const silent = new Promise<'silent'>((resolve) => this.#socket.setTimeout(ms, () => resolve('silent')))
    const spoken = new Promise<Holder>((resolve) => {
      const look = () => {
        const end = this.#text.indexOf('\n')
        // It is an engine of ours, in a directory only its owner can write to.
        if (end >= 0) resolve(JSON.parse(this.#text.slice(0, end)) as Holder)
      }
      this.#socket.on('data', look)
      look()
    })
    return Promise.race([spoken, this.gone.then(() => 'gone' as const), silent])
  }

  askToStop(): void {
    this.#socket.setTimeout(0)
    this.#socket.write(STOP)
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** On Windows it is a named pipe: one for a directory, which the system gives to one process and takes back with it. */
function socketNamesIn(stateDir: string): string[] {
  if (process.platform === 'win32') return [pipeOf(stateDir)]
  try {
    return readdirSync(stateDir).filter((name) => NAME.test(name))
  } catch {
    return []
  }
}

/** The name of the pipe that stands for a state directory on Windows. */
export const pipeOf = (stateDir: string): string => {
  const path = realpathSync.native(stateDir).toLowerCase()
  return `\\\\.\\pipe\\cachectl-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`
}

/** Where to listen under a name: a file of the state directory; on Windows the name itself. */
export const socketPath = (stateDir: string, name: string): string =>
  process.platform === 'win32' ? name : join(stateDir, name)

/**
 * Hands `use` a path that leads to the same file and is short enough for a socket: Node 20 and 22 cut off what is too long,
 * and would make another file of it.
 */
export async function inReach<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= LONGEST_PATH) return use(path)
  const folder = mkdtempSync(join(tmpdir(), 'cachectl-'))
  try {
    symlinkSync(dirname(path), join(folder, 's'))
    return await use(join(folder, 's', basename(path)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const connect = (path: string): Promise<net.Socket> =>
  inReach(
    path,
    (short) =>
      new Promise((resolve, reject) => {
        const socket = net.connect({ path: short })
        socket.once('error', reject)
        socket.once('connect', () => {
          socket.off('error', reject)
          // Its end tells all there is to know.
          socket.on('error', () => {})
          resolve(socket)
        })
      }),
  )
