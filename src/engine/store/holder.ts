/**
 * Takes a state directory for this process, so that one engine at most writes to it. There is no call for a lock in Node; a
 * socket that listens is one thing that the kernel ends with the process. The rule: first be seen, then look. A later
 * engine sees those before, and waits for their word or their end; of two that see each other the smaller name stays.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, renameSync, rmSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import type { Holder } from '../../api/local-engine.ts'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import { boot } from '../../holder/boot.ts'
import { inReach, neighboursIn, type Peer, PeerUnreachable, pipeOf, STOP, socketPath } from '../../holder/peers.ts'
import { elsewhereInWords, holderInWords } from '../../holder/words.ts'
import { StateUnusable } from './unusable.ts'

/** How long an engine that listens may say nothing, until it is taken for the holder. */
const SILENCE_MS = 5_000
/** Of a socket that does not listen yet. */
const UNFINISHED = '.new'
/** The state directory is in use: its holder, in words. */
export class StateDirectoryHeld extends Error {
  constructor(stateDir: string, by: Holder | string) {
    super(`${stateDir} is held by ${typeof by === 'string' ? by : holderInWords(by)}.`)
  }
}

/** Rejects with StateDirectoryHeld, or StateUnusable where no socket can be made. `onStop` is called when a client asks for it. */
export async function takeStateDirectory(stateDir: string, me: Holder, onStop: () => void): Promise<Seat> {
  for (;;) {
    const seat = await Seat.open(stateDir, onStop)
    try {
      const { peers, dead, elsewhere } = await neighboursIn(stateDir, seat?.name)
      if (elsewhere[0] !== undefined) {
        throw new StateUnusable(elsewhereInWords(stateDir), `If none does, remove ${elsewhere[0]}.`)
      }
      // Once its process is gone, no other has the name: removing it can't hit another engine.
      for (const path of dead) rmSync(path, { force: true })
      if (seat && peers.length === 0) {
        sweep(stateDir)
        seat.hold(me)
        return seat
      }
      const isFirst = seat !== undefined && peers.every(({ name }) => seat.name < name)
      if (!isFirst) seat?.leave()
      await untilGone(stateDir, peers)
      if (!isFirst) continue
      seat.hold(me)
      return seat
    } catch (error) {
      seat?.leave()
      if (error instanceof PeerUnreachable) throw new StateDirectoryHeld(stateDir, `an engine: ${error.message}`)
      throw error
    }
  }
}

/** A socket in the state directory. */
export class Seat {
  readonly name: string
  readonly #stateDir: string
  readonly #server: net.Server
  readonly #guests = new Set<net.Socket>()
  #word: string | undefined

  private constructor(stateDir: string, name: string, server: net.Server, onStop: () => void) {
    this.#stateDir = stateDir
    this.name = name
    this.#server = server
    server.on('connection', (guest) => this.#welcome(guest, onStop))
    server.on('error', () => {}) // of one guest that could not be let in
    server.unref()
  }

  /** Undefined when another process was faster; on Windows also when one has the only name there is. */
  static async open(stateDir: string, onStop: () => void): Promise<Seat | undefined> {
    const server = net.createServer()
    if (process.platform === 'win32') {
      const name = pipeOf(stateDir)
      return (await listens(server, name)) ? new Seat(stateDir, name, server, onStop) : undefined
    }
    const name = `engine-${boot()}-${randomBytes(8).toString('hex')}.sock`
    const path = socketPath(stateDir, name)
    try {
      // Under its name when it listens: one that does not is taken for what a process left that is gone.
      await inReach(`${path}${UNFINISHED}`, (short) => listens(server, short))
      const seat = new Seat(stateDir, name, server, onStop)
      chmodSync(`${path}${UNFINISHED}`, 0o600)
      renameSync(`${path}${UNFINISHED}`, path)
      return seat
    } catch (error) {
      server.close()
      // Swept by an engine that has taken the directory since.
      if (errorCode(error) === 'ENOENT') return undefined
      throw new StateUnusable(
        `The state directory ${stateDir} cannot be locked, for no socket can be made in it: ${errorMessage(error)}.`,
        'Use a --state-dir on a file system of this machine.',
      )
    }
  }

  /** From now on it tells that this engine holds the directory. */
  hold(holder: Holder): void {
    const first = this.#word === undefined
    this.#word = `${JSON.stringify(holder)}\n`
    if (first) for (const guest of this.#guests) guest.write(this.#word)
  }

  /** No engine holds it afterwards. */
  leave(): void {
    this.release()
    for (const guest of this.#guests) guest.destroy()
  }

  /** As {@link leave}, but those that are connected learn of it by the end of the process. */
  release(): void {
    if (process.platform !== 'win32') rmSync(socketPath(this.#stateDir, this.name), { force: true })
    this.#server.close()
    for (const guest of this.#guests) guest.unref()
  }

  #welcome(guest: net.Socket, onStop: () => void): void {
    this.#guests.add(guest)
    let asked = ''
    guest.setEncoding('utf8')
    guest.on('error', () => {})
    guest.on('close', () => this.#guests.delete(guest))
    guest.on('data', (piece: string) => {
      asked += piece
      if (asked === STOP) onStop()
      else if (!STOP.startsWith(asked)) guest.destroy()
    })
    if (this.#word !== undefined) guest.write(this.#word)
  }
}

/** Rejects with StateDirectoryHeld when one of them holds the directory. */
async function untilGone(stateDir: string, peers: readonly Peer[]): Promise<void> {
  try {
    await Promise.all(
      peers.map(async (peer) => {
        const word = await peer.word(SILENCE_MS)
        if (word === 'silent') throw new StateDirectoryHeld(stateDir, 'an engine that does not answer')
        if (word !== 'gone') throw new StateDirectoryHeld(stateDir, word)
      }),
    )
  } finally {
    for (const peer of peers) peer.close()
  }
}

/** What processes left that were killed before they listened. */
function sweep(stateDir: string): void {
  for (const name of readdirSync(stateDir)) {
    if (/^engine-.*\.sock\.new$/.test(name)) rmSync(join(stateDir, name), { force: true })
  }
}

/** False when the name is taken. */
const listens = (server: net.Server, path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(path, () => resolve(true))
  })
