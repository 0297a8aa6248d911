/** Entries of a server's logs as ElastiCache delivers them, each a line, in its two formats (guide, "Log delivery"). Pure. */
import { NODE_ID } from '../../../../api/catalog/cache-node.ts'
import { itemsOf, type Reply, textOf } from '../../../../protocols/resp/reply.ts'
import { MONTHS } from '../../../../redis/log-line.ts'
import type { DeliveredLog } from '../spec.ts'

type Of = Pick<DeliveredLog, 'cluster' | 'format'>

/** What SLOWLOG GET tells of a command. */
export interface SlowEntry {
  readonly id: number
  /** Seconds since the epoch. */
  readonly timestamp: number
  readonly microseconds: number
  readonly words: readonly string[]
  readonly address: string
  readonly name: string
}

/** The oldest first. */
export const slowEntries = (reply: Reply): SlowEntry[] =>
  itemsOf(reply)
    .map((item) => {
      const [id = 0, timestamp = 0, microseconds = 0, words = null, address = null, name = null] = itemsOf(item)
      return {
        id: Number(id),
        timestamp: Number(timestamp),
        microseconds: Number(microseconds),
        words: itemsOf(words).map(textOf),
        address: textOf(address),
        name: textOf(name),
      }
    })
    .sort((a, b) => a.id - b.id)

/** Of a command with more words than that the server keeps so many, the last of which says how many there were besides. */
const WORDS_KEPT = 32

/** The command without its keys and values. */
export function hidden(words: readonly string[]): string {
  const [command = '', ...rest] = words
  const [, more] = (words.length === WORDS_KEPT && /^\.\.\. \((\d+) more arguments\)$/.exec(words.at(-1) ?? '')) || []
  const count = more === undefined ? rest.length : rest.length - 1 + Number(more)
  return count === 0 ? command : `${command} ... (${count} more arguments)`
}

/** Clients come through the door, and by a socket that has no address from there on: of all of them the server knows this much. */
const address = (said: string): string =>
  /^[^/]*:\d+$/.test(said) && !said.startsWith('socket:') ? said : '127.0.0.1:0'

export function slowLine(entry: SlowEntry, { cluster, format }: Of): string {
  const command = hidden(entry.words)
  const from = address(entry.address)
  if (format === 'text') {
    return [cluster, NODE_ID, entry.timestamp, entry.microseconds, command, from, entry.name].join(',')
  }
  return JSON.stringify({
    CacheClusterId: cluster,
    CacheNodeId: NODE_ID,
    Id: entry.id,
    Timestamp: entry.timestamp,
    'Duration (us)': entry.microseconds,
    Command: command,
    ClientAddress: from,
    ClientName: entry.name,
  })
}

/** A line of a server's own log. */
export interface EngineEntry {
  /** Of a primary, a replica, a child that saves, Sentinel. */
  readonly role: 'M' | 'S' | 'C' | 'X'
  readonly time: Date
  readonly level: '.' | '-' | '*' | '#'
  readonly message: string
}

const LEVELS = { '.': 'DEBUG', '-': 'VERBOSE', '*': 'NOTICE', '#': 'WARNING' } as const

const FORM =
  /^\d+:(?<role>[MSCX]) (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)\.(?<ms>\d{3}) (?<level>[.\-*#]) (?<message>.*)$/

/**
 * Undefined: it is not of the form that ElastiCache delivers, as are the lines of a report of a crash, and those that quote the
 * file the server was started with, passwords included. Servers write times of the machine's time zone, which is this process's.
 */
export function parseEngineLine(line: string): EngineEntry | undefined {
  const parts = FORM.exec(line)?.groups
  const month = MONTHS.indexOf(parts?.month ?? '')
  if (!parts || month === -1) return undefined
  const [year = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = [
    parts.year,
    parts.day,
    parts.hour,
    parts.minute,
    parts.second,
    parts.ms,
  ].map(Number)
  return {
    role: parts.role as EngineEntry['role'], // the form's own letters
    time: new Date(year, month, day, hour, minute, second, ms),
    level: parts.level as EngineEntry['level'], // likewise
    message: parts.message ?? '',
  }
}

export function engineLine({ role, time, level, message }: EngineEntry, { cluster, format }: Of): string {
  const said = timeText(time)
  if (format === 'text') return `${cluster}/${NODE_ID}:${role} ${said} ${level} ${message}`
  return JSON.stringify({
    CacheClusterId: cluster,
    CacheNodeId: NODE_ID,
    LogLevel: LEVELS[level],
    Role: role,
    Time: said,
    Message: message,
  })
}

/** `12 Nov 2020 01:28:57.994 UTC` */
function timeText(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().split('T')
  const [year, month, day] = date.split('-')
  return `${day} ${MONTHS[Number(month) - 1]} ${year} ${clock.replace('Z', ' UTC')}`
}
