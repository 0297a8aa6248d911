import type { Socket } from 'node:net'
import type { Door } from '../../../net/serve/door.ts'
import type { Afflicted } from '../../../net/serve/impairment.ts'
import type { ClientRules, Guest } from '../../../redis/keeper.ts'
import type { Operator } from './operator.ts'
import type { Member } from './spec.ts'

/** What answers behind a node's door: a process of its own, or a part of this thread. */
export interface Server {
  /** The socket that the door dials. */
  readonly socket: string
  readonly operator: Operator
  /** Undefined: it is no process of its own. */
  readonly pid: number | undefined
  /**
   * Serves a client itself that its door has let in. Answers what of it faults are to burden; undefined: it was turned away.
   * Absent: it is dialled for each.
   */
  adopt?(socket: Socket, secure: boolean, door: Pick<Door, 'insides' | 'burden'>, guest: Guest): Afflicted | undefined
  /** Tells what clients may and what becomes of them. Absent: that is for the door to see to, and for the rules of users. */
  rule?(rules: ClientRules): void
  /** Tells it who is who in its cluster, which it goes by at once. Absent: it gets to know the others itself. */
  tell?(topology: readonly Member[]): void
  /** Has slots whose keys have gone to another primary be that one's, all at once. Absent: it is told so of each. */
  give?(slots: readonly number[], nodeId: string): void
  /** Writes all it has to a file, as of one moment; there is a whole file afterwards or none. Absent: it is asked to by words. */
  save?(file: string): Promise<void>
  /** Calls with how it ended, unless it was stopped. */
  onEnd(listener: (how: string) => void): void
  /** Ends it; nothing is kept. */
  stop(): Promise<void>
  /** Lets go of it without ending it. Absent: it could not go on. */
  leave?(): void
  /** After a start that came to nothing: what was just started ends, what an engine before had started stays for the next try. */
  giveUp(): Promise<void>
}

/** Code of the error with which the start of a server fails that had run before as the same, and has ended. */
export const SERVER_ENDED = 'SERVER_ENDED'

/** No server is started twice as the same: what it held is lost, which is not to go unnoticed. */
export const endedUnnoticed = () =>
  Object.assign(new Error('its server ended while no engine looked after it'), { code: SERVER_ENDED })

const OWN_PORT_TAKEN = 'one of its own ports is taken'

export const ownPortTaken = (words: string) =>
  Object.assign(new Error(`${OWN_PORT_TAKEN}: ${words}`), { code: 'EADDRINUSE' })

/** Whether it is a port behind the door, which no client knows, that another program has: by the message of the error EADDRINUSE. */
export const isOwnPortTaken = ({ message }: Pick<Error, 'message'>): boolean => message.startsWith(OWN_PORT_TAKEN)

/** On Linux, all of 127.0.0.0/8 are addresses of the machine; elsewhere one is. */
export const HAS_SOURCE_ADDRESS = process.platform === 'linux'
