/**
 * Tries what node-insides.ts takes of Node in conversations over the loopback, before the first connection is served. Whatever
 * is not as expected (another answer, an exception anywhere, silence) leaves the documented way; nothing is ever thrown.
 */
import { randomBytes } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import { boundTo } from '../bound.ts'
import { inMilliseconds, soon } from '../clock.ts'
import { DirectWrites, type Insides, mayUseInsides, rewrap, shareReads } from './node-insides.ts'

/** Trials take some milliseconds; on a busy machine a node starts late, or a little slower, rather than never. */
const PATIENCE_MS = 3_000
const HOSTS = ['127.0.0.1', '::1']
const ASKED_BYTES = 20
/** More than a system takes at once, so that a write stays pending: what it takes is known when it has refused the rest. */
const LARGE = Buffer.alloc(256 * 1024, 'abcdefghijklmnopqrstuvwxyz')
const MOST_LARGE = 256

let ofPlain: Promise<Insides> | undefined
let ofTls: Promise<Insides['shareReads']> | undefined

/** What may be used of Node's insides in this thread; tried once, TLS when the first node needs it. */
export async function provenInsides(secure: boolean): Promise<Insides> {
  if (!mayUseInsides()) return NONE
  ofPlain ??= tryInsides()
  if (!secure) return ofPlain
  ofTls ??= tryTls()
  return { ...(await ofPlain), shareReads: await ofTls }
}

const NONE: Insides = { rewrap: undefined, shareReads: undefined, directWrites: undefined }

/** Tries reads and writes of plain connections, each beside the documented way of the other. */
export async function tryInsides(patienceMs = PATIENCE_MS): Promise<Insides> {
  // One after the other: an uncaught exception does not say which of them it is of.
  const reads = await isAsExpected(patienceMs, tryReads)
  const writes = await isAsExpected(patienceMs, tryWrites)
  return { ...NONE, rewrap: reads ? rewrap : undefined, directWrites: writes ? DirectWrites.of : undefined }
}

/** Tries reads of TLS connections. */
export async function tryTls(patienceMs = PATIENCE_MS): Promise<Insides['shareReads']> {
  return (await isAsExpected(patienceMs, tryTlsReads)) ? shareReads : undefined
}

/** One conversation: what it opened, and how it ends. */
interface Trial {
  readonly host: string
  /** Is closed at the end, whatever it was. */
  opened<S extends net.Socket | net.Server>(each: S): S
  /** Ends the trial; only the first counts. */
  end(asExpected: boolean): void
}

async function isAsExpected(patienceMs: number, conversation: (trial: Trial) => void): Promise<boolean> {
  for (const host of HOSTS) {
    const outcome = await converse(host, patienceMs, conversation)
    if (outcome !== 'no such address') return outcome
  }
  return false
}

function converse(
  host: string,
  patienceMs: number,
  conversation: (trial: Trial) => void,
): Promise<boolean | 'no such address'> {
  return new Promise((resolve) => {
    const all: (net.Socket | net.Server)[] = []
    const end = (outcome: boolean | 'no such address') => {
      // Not at once: to destroy a TLS socket from within its handshake ends the process.
      soon(() => {
        for (const each of all) {
          if (each instanceof net.Server) each.close()
          else each.destroy()
        }
        process.off('uncaughtException', surprised)
        resolve(outcome)
      })
    }
    // Node's own code may throw between our calls, once it is not what we took it for.
    const surprised = () => end(false)
    process.on('uncaughtException', surprised)
    inMilliseconds(patienceMs, surprised)
    const trial: Trial = {
      host,
      opened(each) {
        all.push(each)
        each.on('error', (error: NodeJS.ErrnoException) => end(error.syscall === 'listen' ? 'no such address' : false))
        return each
      },
      end,
    }
    try {
      conversation(trial)
    } catch {
      end(false)
    }
  })
}

/** Two questions and their echoes, then the client leaves: its socket has to close, and its server to have let go of it. */
function tryReads(trial: Trial): void {
  const server = trial.opened(net.createServer({ pauseOnConnect: true, noDelay: true }))
  server.on('connection', (accepted) => {
    const socket = rewrap(trial.opened(accepted), (length, bytes) => {
      if (length === ASKED_BYTES) socket?.write(Buffer.from(bytes.subarray(0, length)))
      else trial.end(false)
    })
    if (socket === undefined) return trial.end(false)
    trial.opened(socket).on('close', () => server.close(() => trial.end(true)))
  })
  listenAndAsk(trial, server, (port) => net.connect({ host: trial.host, port }))
}

/** Without a certificate: a key that both know. */
const SHARED_KEY = { psk: Buffer.from('a key for trials'), identity: 'trial' }
const TLS_BY_KEY = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const

function tryTlsReads(trial: Trial): void {
  const secure = tls.createServer({ ...TLS_BY_KEY, pskCallback: () => SHARED_KEY.psk })
  secure.on('tlsClientError', () => trial.end(false))
  secure.on('secureConnection', (socket) => {
    const shares = shareReads(trial.opened(socket), (length, bytes) => {
      if (length === ASKED_BYTES) socket.write(Buffer.from(bytes.subarray(0, length)))
      else trial.end(false)
    })
    if (!shares) return trial.end(false)
    socket.on('close', () => trial.end(true))
    socket.resume()
  })
  const server = trial.opened(net.createServer({ noDelay: true }))
  server.on('connection', (accepted) => secure.emit('connection', trial.opened(accepted)))
  listenAndAsk(trial, server, (port) =>
    tls.connect({
      host: trial.host,
      port,
      ...TLS_BY_KEY,
      pskCallback: () => SHARED_KEY,
      checkServerIdentity: () => undefined, // the server shows none
    }),
  )
}

function listenAndAsk(trial: Trial, server: net.Server, connect: (port: number) => net.Socket): void {
  server.listen({ host: trial.host, port: 0 }, () => {
    const client = trial.opened(connect(boundTo(server).port))
    // Never the same twice: what an earlier one left in a buffer is not to pass for it.
    let asked = randomBytes(ASKED_BYTES)
    let echoes = 0
    let echoed = Buffer.alloc(0)
    client.on('data', (bytes: Buffer) => {
      echoed = Buffer.concat([echoed, bytes])
      if (echoed.length < ASKED_BYTES) return
      if (!echoed.equals(asked)) trial.end(false)
      else if (++echoes === 2) client.end()
      else {
        asked = randomBytes(ASKED_BYTES)
        client.write(asked)
      }
      echoed = Buffer.alloc(0)
    })
    client.write(asked)
  })
}

/** A small answer that leaves at once; then more than the client reads, until a write is pending; then the client reads. */
function tryWrites(trial: Trial): void {
  const server = trial.opened(net.createServer({ noDelay: true }))
  server.listen({ host: trial.host, port: 0 }, () => {
    const client = trial.opened(net.connect({ host: trial.host, port: boundTo(server).port }))
    server.on('connection', (socket) => answerDirectly(trial, client, trial.opened(socket)))
  })
}

function answerDirectly(trial: Trial, client: net.Socket, socket: net.Socket): void {
  const small = randomBytes(ASKED_BYTES)
  let sent = small.length
  let received = 0
  let hasSettled = false
  const check = () => {
    if (hasSettled && received === sent) trial.end(writes?.pending === 0)
  }
  const writes = DirectWrites.of(socket, (failed) => {
    if (failed || hasSettled) trial.end(false)
    hasSettled = true
    check()
  })
  const began = writes?.write(small) === true && writes.pending === 0
  for (let pieces = 0; began && writes.pending === 0 && pieces < MOST_LARGE; pieces++) {
    if (!writes.write(LARGE)) break
    sent += LARGE.length
  }
  if (!began || writes.pending === 0) {
    trial.end(false)
    return
  }
  client.on('data', (bytes: Buffer) => {
    if (!isExpected(bytes, received, small)) trial.end(false)
    received += bytes.length
    check()
  })
}

/** Whether these are the bytes that come after the first `at` of `small` and any number of LARGE. */
function isExpected(bytes: Buffer, at: number, small: Buffer): boolean {
  for (let done = 0; done < bytes.length; ) {
    const isSmall = at + done < small.length
    const source = isSmall ? small : LARGE
    const from = isSmall ? at + done : (at + done - small.length) % LARGE.length
    const length = Math.min(bytes.length - done, source.length - from)
    if (source.compare(bytes, done, done + length, from, from + length) !== 0) return false
    done += length
  }
  return true
}
