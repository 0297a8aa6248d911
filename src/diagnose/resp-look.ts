/** What a server of Redis OSS or Valkey tells of itself and its clients, to the user that asks. */
import { RespConnection } from '../kv/resp/connection.ts'
import { readInfo } from '../kv/resp/nodes.ts'
import { RespRefusal } from '../kv/resp/refusal.ts'
import { readRole, type Standing } from '../kv/resp/standing.ts'
import { type RespNode, readSlots } from '../kv/resp/topology.ts'
import { type Clock, elapsedMs, sleep, systemClock } from '../net/clock.ts'
import type { AskTls } from '../net/connection.ts'
import type { Command } from '../protocols/resp/encode.ts'
import { fieldsOf, isError, itemsOf, type Reply, textOf, wholeOf } from '../protocols/resp/reply.ts'
import type { RespLogin } from './doctor.ts'
import type { Place } from './evidence.ts'

/** Lines of INFO, by name. */
export type Info = Readonly<Record<string, string>>

/** A client that was refused, as ACL LOG tells. */
export interface Denied {
  readonly reason: string
  /** The command, key or channel. */
  readonly object: string
  readonly user: string
  readonly count: number
  readonly ageS: number
  readonly from?: string
}

/** A command that took long, as SLOWLOG tells. */
export interface SlowCall {
  readonly command: string
  readonly ms: number
  readonly ageS: number
  readonly from: string
}

/** A connection, as CLIENT LIST tells. */
export interface RespClientSeen {
  readonly address: string
  readonly user: string
  readonly name: string
  /** The last that it said. */
  readonly command: string
  readonly flags: string
  /** Bytes that wait to be read by it. */
  readonly waiting: number
}

/** One server, asked over one connection. JSON-able. */
export interface RespLook {
  readonly place: Place
  readonly address: string
  readonly port: number
  /** As whom. */
  readonly user: string
  readonly hasPassword: boolean
  /** It did not let this user in. */
  readonly refused?: { readonly code: string; readonly text: string }
  /** A script or function of some client holds it: it answers nothing else. */
  readonly busy?: string
  /** What the user may not ask. */
  readonly unasked: readonly string[]
  /** Between the two readings of INFO. */
  readonly ms?: number
  readonly before?: Info
  readonly after?: Info
  readonly standing?: Standing
  readonly denied?: readonly Denied[]
  readonly slow?: readonly SlowCall[]
  readonly clients?: readonly RespClientSeen[]
  /** In cluster mode: where it says that the nodes are. */
  readonly announced?: readonly RespNode[]
}

export interface RespLookDial {
  readonly place: Place
  readonly address: string
  readonly port: number
  readonly login: RespLogin
  readonly tls?: AskTls
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Long enough to see what happens every second, more often than not. */
const BETWEEN_READINGS_MS = 700

/** Questions that change nothing. What counts and logs is asked first: to refuse one of these is logged and counted itself. */
const QUESTIONS = {
  log: ['ACL', 'LOG', '64'],
  role: ['ROLE'],
  slow: ['SLOWLOG', 'GET', '64'],
  clients: ['CLIENT', 'LIST'],
  slots: ['CLUSTER', 'SLOTS'],
} as const satisfies Readonly<Record<string, Command>>

const subjectOf = ([command = '', sub = '']: readonly string[]): string =>
  `${command}${/^\d*$/.test(sub) ? '' : `|${sub}`}`.toLowerCase()

/** Clients ask these, too, when they connect. */
const CLIENTS_ASK: ReadonlySet<string> = new Set(['info', 'hello', subjectOf(QUESTIONS.slots)])
const DOCTORS_ASK: ReadonlySet<string> = new Set(Object.values(QUESTIONS).map(subjectOf))

/** What a refusal of a doctor's, this one's or another's, leaves in the log of a server. */
export function isDoctors({ object, user }: Denied, self: string): boolean {
  const asked = object.toLowerCase()
  return CLIENTS_ASK.has(asked) ? user === self : DOCTORS_ASK.has(asked)
}

/** Undefined: nothing was answered, which others tell of. Never rejects. */
export async function lookAtResp(dial: RespLookDial): Promise<RespLook | undefined> {
  const { place, address, port, login, tls, timeoutMs, clock = systemClock } = dial
  const known = { place, address, port, user: login.user ?? 'default', hasPassword: login.password !== undefined }
  let connection: RespConnection | undefined
  try {
    connection = await RespConnection.open({ host: address, port, timeoutMs, clock, ...(tls && { tls }) }, login)
    return { ...known, ...(await told(connection, dial, clock)) }
  } catch (error) {
    if (!(error instanceof RespRefusal)) return undefined
    const { code, message } = error
    return code === BUSY
      ? { ...known, unasked: [], busy: message }
      : { ...known, unasked: [], refused: { code, text: message } }
  } finally {
    connection?.close()
  }
}

const BUSY = 'BUSY'
const INFO: Command = ['INFO', 'all']

async function told(
  connection: RespConnection,
  { place, signal }: RespLookDial,
  clock: Clock,
): Promise<Omit<RespLook, 'place' | 'address' | 'port' | 'user' | 'hasPassword'>> {
  const names = Object.keys(QUESTIONS) as (keyof typeof QUESTIONS)[] // the table's own
  const replies = await connection.send(names.map((name) => QUESTIONS[name]))
  const busy = replies.find((reply) => isError(reply) && reply.code === BUSY)
  if (busy && isError(busy)) return { unasked: [], busy: `${busy.code} ${busy.text}` }
  const [before = null] = await connection.send([INFO])
  const start = clock.monotonicMs()
  await sleep(clock, BETWEEN_READINGS_MS, signal)
  const [after = null] = await connection.send([INFO])
  const ms = elapsedMs(clock, start)
  const answer = new Map(names.map((name, at) => [name, replies[at] ?? null]))
  const got = <T>(name: keyof typeof QUESTIONS, read: (reply: Reply) => T): T | undefined => {
    const reply = answer.get(name) ?? null
    return isError(reply) ? undefined : read(reply)
  }
  const last = infoOf(after)
  const nowS = Number(last.server_time_usec ?? clock.now().getTime() * 1000) / 1e6
  const parts = {
    standing: got('role', (reply) => readRole(reply, connection.node)),
    denied: got('log', deniedIn),
    slow: got('slow', (reply) => slowIn(reply, nowS)),
    clients: got('clients', (reply) => clientsIn(textOf(reply))),
    announced: got('slots', (reply) => announcedIn(reply, { host: place.host, port: place.port })),
  }
  return {
    unasked: [
      ...(mayNot(after) ? ['INFO'] : []),
      ...names
        .filter((name) => mayNot(answer.get(name) ?? null))
        .map((name) => QUESTIONS[name].filter((word) => !/^\d+$/.test(word)).join(' ')),
    ],
    ...(!isError(before) && !isError(after) && { ms, before: infoOf(before), after: last }),
    ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
  }
}

const mayNot = (reply: Reply): boolean => isError(reply) && reply.code === 'NOPERM'

/** Of INFO, what anything is concluded from. */
const KEPT =
  /^(errorstat_|cmdstat_(select$|cluster\|)|master_(host|port|link_status|link_down_since_seconds|sync_in_progress|repl_offset)$|slave_repl_offset$|connected_slaves$|role$|maxmemory(_policy)?$|used_memory$|mem_not_counted_for_evict$|evicted_keys$|client_output_buffer_limit_disconnections$|cluster_enabled$|server_time_usec$|redis_version$|valkey_version$|uptime_in_seconds$)/

const infoOf = (reply: Reply): Info =>
  Object.fromEntries(Object.entries(readInfo(textOf(reply))).filter(([name]) => KEPT.test(name)))

function deniedIn(reply: Reply): Denied[] {
  return itemsOf(reply).map((each) => {
    const fields = fieldsOf(each)
    const text = (name: string): string => textOf(fields.get(name) ?? null)
    const from = /(?:^| )addr=(\S+)/.exec(text('client-info'))?.[1]
    return {
      reason: text('reason'),
      object: text('object'),
      user: text('username'),
      count: Number(wholeOf(fields.get('count') ?? null) ?? 0n),
      ageS: Number(text('age-seconds')),
      ...(from !== undefined && { from }),
    }
  })
}

function slowIn(reply: Reply, nowS: number): SlowCall[] {
  return itemsOf(reply).map((each) => {
    const [, atS = null, micros = null, words = null, from = null] = itemsOf(each)
    return {
      command: itemsOf(words).slice(0, SHOWN_WORDS).map(textOf).join(' ').slice(0, SHOWN_CHARACTERS),
      ms: Number(wholeOf(micros) ?? 0n) / 1000,
      ageS: Math.max(0, nowS - Number(wholeOf(atS) ?? 0n)),
      from: textOf(from),
    }
  })
}

const [SHOWN_WORDS, SHOWN_CHARACTERS] = [4, 60]

/** Lines of `name=value` fields. Not this connection, nor those of replicas and primaries. */
const clientsIn = (list: string): RespClientSeen[] =>
  list
    .split('\n')
    .map((line) => Object.fromEntries(line.trim().split(' ').map(pair)))
    .filter(({ addr, cmd, flags = '' }) => addr && cmd !== 'client|list' && !/[SM]/.test(flags))
    .map(({ addr = '', user = '', name = '', cmd = '', flags = '', omem = '0' }) => ({
      ...{ address: addr, user, name, command: cmd, flags, waiting: Number(omem) },
    }))

const pair = (field: string): [string, string] => {
  const at = field.indexOf('=')
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)]
}

const announcedIn = (reply: Reply, asked: RespNode): RespNode[] => [
  ...new Map(
    readSlots(reply, asked)
      .flatMap(({ primary, replicas }) => [primary, ...replicas])
      .map((node) => [`${node.host} ${node.port}`, node]),
  ).values(),
]
