import { byteAt } from '../net/bytes.ts'
import { ERROR, LINE_TOO_LONG } from './answers.ts'
import { takeBody } from './body.ts'
import type { Client } from './client.ts'
import type { RequestKind } from './meter.ts'
import { Line } from './tokens.ts'

const SPACE = 32
const NUL = 0
const LF = 10
const CR = 13
// A line without an end is no command once it is longer than this, unless it may be a get of many keys.
const LINE_LIMIT = 2048
// As much as memcached reads at once: no line that does not fit gets to its end.
const READ_BYTES = 16 * 1024
const MULTIGET_LIMIT = 8 << 20
// Shorter lines are searched for their end here, longer ones by the runtime.
const LOOP_LIMIT = 200

const line = new Line()

/**
 * Serves the commands in `bytes[start, end)` and answers how far it came: what follows is an incomplete command, or
 * waits for the client to read its replies.
 */
export function consumeText(client: Client, bytes: Buffer, start: number, end: number): number {
  const { connection } = client
  const { meter, settings } = client.core
  let at = start
  let left = settings.requestsPerEvent
  while (at < end && !connection.closing && !connection.congested) {
    switch (client.expecting) {
      case 'command': {
        mayHoldNul = client.searched > 0
        const newline = findNewline(bytes, Math.max(at, start + client.searched), end)
        if (newline < 0) {
          client.searched = end - at
          if (end - at > LINE_LIMIT) refuseEndless(client, bytes, at, end)
          return at
        }
        client.searched = 0
        if (newline - at > READ_BYTES) {
          refuseEndless(client, bytes, at, newline)
          if (connection.closing) return newline
        }
        if (left-- === 0) {
          client.core.replies.settle()
          if (client.giveWay()) return at
          left = settings.requestsPerEvent - 1
        }
        if (meter?.exhausted === true) {
          meter.hold(connection)
          return at
        }
        const began = at
        at = serve(client, bytes, at, newline)
        if (meter !== undefined) meter.charge(kindOf(bytes, began))
        break
      }
      case 'keys': {
        const newline = bytes.indexOf(LF, at)
        mayHoldNul = true
        const stop = endOf(bytes, at, newline)
        const reached = client.resumeKeys?.(client, bytes, at, stop) ?? stop
        at = client.expecting === 'keys' ? reached : newline + 1
        break
      }
      default:
        at = takeBody(client, bytes, at, end)
    }
  }
  return at
}

function serve(client: Client, bytes: Buffer, start: number, newline: number): number {
  const end = endOf(bytes, start, newline)
  let at = start
  while (at < end && bytes[at] === SPACE) at++
  const verbStart = at
  while (at < end && bytes[at] !== SPACE) at++
  client.lastCommandAt = client.core.store.now
  client.noreply = false
  const verb = client.core.verbs.find(bytes, verbStart, at)
  if (verb === undefined) {
    unknown(client, bytes, start, end)
    return newline + 1
  }
  line.bytes = bytes
  line.end = end
  line.rest = at
  if (verb.shape === 'keys') {
    if (end - verbStart > client.core.settings.keysLineLimit) {
      client.core.replies.text(LINE_TOO_LONG)
      return newline + 1
    }
    const reached = verb.run(client, line)
    return client.expecting === 'keys' && reached !== undefined ? reached : newline + 1
  }
  line.cut(verbStart, at)
  if (line.words < verb.words[0] || line.words > verb.words[1]) client.core.replies.text(ERROR)
  else verb.run(client, line)
  return newline + 1
}

const [A, C, D, G, I, M, P, R, S, T] = Buffer.from('acdgimprst')

/** Whether a command fetches or changes, by its first letters: `get`, `gats`, `mg`; `set`, `cas`, `ms`, `incr`, `touch`. */
function kindOf(bytes: Buffer, start: number): RequestKind {
  let first = byteAt(bytes, start)
  const second = byteAt(bytes, start + 1)
  // Of s, only set; stats and slabs are neither.
  if (first === S) return second === 0x65 ? 'write' : undefined
  if (first === M) first = second
  switch (first) {
    case G:
      return 'read'
    case A:
    case C:
    case D:
    case I:
    case P:
    case R:
    case S:
    case T:
      return 'write'
    default:
      return undefined
  }
}

// memcached hangs up on browsers rather than answer each of their header lines. Words that begin like one of its common
// verbs don't get that far.
function unknown(client: Client, bytes: Buffer, start: number, end: number): void {
  const words = bytes.toString('latin1', start, end).split(' ').filter(Boolean)
  const [verb = ''] = words
  if (verb.length > 1 && !/^(?:[gsacidt]|m.$)/.test(verb) && words.at(-1)?.startsWith('HTTP/') === true) {
    client.core.replies.takeBack()
    client.connection.breakOff()
  } else client.core.replies.text(ERROR)
}

function findNewline(bytes: Buffer, at: number, end: number): number {
  const limit = Math.min(end, at + LOOP_LIMIT)
  for (let i = at; i < limit; i++) {
    const byte = bytes[i] as number // i < length
    if (byte > LF) continue
    if (byte === LF) return i
    if (byte === NUL) mayHoldNul = true
  }
  if (limit === end) return -1
  mayHoldNul = true
  const found = bytes.indexOf(LF, limit)
  return found >= end ? -1 : found
}

// Whether the line being served may have a NUL in it. Few are long, or came in pieces: only those are searched for it.
let mayHoldNul = false

// Like C's strings, a line ends at its first NUL.
function endOf(bytes: Buffer, start: number, newline: number): number {
  const end = newline - start > 1 && bytes[newline - 1] === CR ? newline - 1 : newline
  if (!mayHoldNul) return end
  // The bytes that were read are a small part of a large buffer: the search must not run on into the rest.
  const nul = bytes.subarray(start, end).indexOf(NUL)
  return nul < 0 ? end : start + nul
}

function refuseEndless(client: Client, bytes: Buffer, start: number, end: number): void {
  const beginning = bytes.toString('latin1', start, start + 110).trimStart()
  const multiget = beginning.startsWith('get ') || beginning.startsWith('gets ')
  if (multiget && end - start <= MULTIGET_LIMIT) return
  client.core.replies.takeBack()
  client.connection.breakOff()
}
