import type { Command } from '../../protocols/resp/encode.ts'
import { NO_ID, type Place } from './history.ts'

/** What a replica says of itself to its primary. */
export interface Introduction {
  /** '': the primary asks for none. */
  readonly user: string
  readonly password: string
  readonly port: number
  /** '': the one that it comes from. */
  readonly address: string
  /** Undefined: it does not say. */
  readonly version: string | undefined
}

/** What follows from an answer. */
export type Next =
  | { readonly do: 'wait' }
  | { readonly do: 'say'; readonly commands: readonly Command[] }
  | { readonly do: 'give up'; readonly why: string }
  /** The primary knows enough: it can be asked to synchronize. */
  | { readonly do: 'synchronize' }

/** Of the answers to what a replica says of itself, only these matter. */
const MUST_SUCCEED = 'AUTH'

/** How a replica begins to speak with its primary, up to PSYNC. It sends nothing itself. */
export class Handshake {
  readonly #introduction: Introduction
  #unanswered: string[] = []
  #isGreeted = false

  constructor(introduction: Introduction) {
    this.#introduction = introduction
  }

  begin(): readonly Command[] {
    return [['PING']]
  }

  /** @param line An answer, without its end. */
  answer(line: string): Next {
    if (!this.#isGreeted) return this.#greeted(line)
    const [name] = this.#unanswered.splice(0, 1)
    if (name === MUST_SUCCEED && line.startsWith('-'))
      return { do: 'give up', why: `Unable to AUTH to MASTER: ${line}` }
    return this.#unanswered.length > 0 ? { do: 'wait' } : { do: 'synchronize' }
  }

  #greeted(line: string): Next {
    // One that asks for a password says so before it has got it.
    const isAlive = line.startsWith('+') || /^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(line)
    if (!isAlive) return { do: 'give up', why: `Error reply to PING from master: '${line}'` }
    this.#isGreeted = true
    const commands = this.#introductions()
    this.#unanswered = commands.map(([name]) => String(name))
    return { do: 'say', commands }
  }

  #introductions(): Command[] {
    const { user, password, port, address, version } = this.#introduction
    return [
      ...(password === '' ? [] : [['AUTH', ...(user === '' ? [] : [user]), password]]),
      ['REPLCONF', 'listening-port', port],
      ...(address === '' ? [] : [['REPLCONF', 'ip-address', address]]),
      ['REPLCONF', 'capa', 'eof', 'capa', 'psync2'],
      ...(version === undefined ? [] : [['REPLCONF', 'version', version]]),
    ]
  }
}

/** @param from What the replica has; undefined: nothing that it could go on with. */
export const psync = (from: Place | undefined, isFailover: boolean): Command => [
  'PSYNC',
  from?.id ?? '?',
  from === undefined ? -1 : from.offset + 1,
  ...(isFailover ? ['FAILOVER'] : []),
]

/** What a primary answers to PSYNC. */
export type Verdict =
  /** A file follows that holds everything up to here. */
  | { readonly sync: 'full'; readonly place: Place }
  /** What follows goes on from where the replica is. */
  | { readonly sync: 'partial'; readonly id: string | undefined }
  /** It can't at the moment. */
  | { readonly sync: 'later'; readonly why: string }
  /** It does not know PSYNC, or refuses it. */
  | { readonly sync: 'refused'; readonly why: string }

const ID = /^[0-9a-f]{40}$/i

export function verdictOf(line: string): Verdict {
  const [word = '', id = '', offset = ''] = line.split(' ')
  if (word === '+FULLRESYNC') {
    const isWhole = ID.test(id) && /^\d{1,16}$/.test(offset)
    // A primary whose words make no sense has a file all the same; what follows it can't be resumed.
    return { sync: 'full', place: isWhole ? { id, offset: Number(offset) } : { id: NO_ID, offset: 0 } }
  }
  if (word === '+CONTINUE') return { sync: 'partial', id: ID.test(id) ? id : undefined }
  if (/^-(NOMASTERLINK|LOADING)/.test(line)) return { sync: 'later', why: line }
  return { sync: 'refused', why: line }
}
