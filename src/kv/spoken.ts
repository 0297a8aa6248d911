import { errorCode } from '../api/thrown.ts'
import { KvConnection } from './connection.ts'
import type { Dial } from './conversation.ts'
import { readLine } from './replies.ts'

/** What a server of data speaks. */
export const PROTOCOLS = ['memcached', 'resp'] as const

export type Protocol = (typeof PROTOCOLS)[number]

/**
 * Asks for a version in Memcached's words, which change nothing anywhere: RESP has no such command, and its refusal tells. Of
 * several servers the first that can be reached is asked. What answers in other words is left to the client of Memcached, which
 * says what is wrong.
 * @param unreached What is taken for granted where none can be reached: its client then says so.
 * @throws Unreachable where the only one keeps silent: to ask again would take as long.
 */
export async function protocolOf(dials: readonly Dial[], unreached: Protocol): Promise<Protocol> {
  for (const dial of dials) {
    try {
      return await spokenBy(dial)
    } catch (error) {
      if (dials.length === 1 && errorCode(error) === 'ETIMEDOUT') throw error
    }
  }
  return unreached
}

async function spokenBy(dial: Dial): Promise<Protocol> {
  const connection = await KvConnection.open(dial)
  try {
    return RESP_ERROR.test(await connection.request('version\r\n', readLine)) ? 'resp' : 'memcached'
  } catch (error) {
    // ERROR, CLIENT_ERROR or SERVER_ERROR.
    if (error instanceof Error && error.name === 'Refused') return 'memcached'
    throw error
  } finally {
    connection.close()
  }
}

/** `-ERR unknown command`, `-NOAUTH`, `-DENIED`. */
const RESP_ERROR = /^-[A-Z]/
