import { timingSafeEqual } from 'node:crypto'
import type { Client } from './client.ts'
import type { Login } from './options.ts'

const LF = 10
const MOST_BYTES = 2048
const SET = /^set +\S+ +\S+ +\S+ +(\d{1,4})(?: +noreply)? *\r?$/
const UNAUTHENTICATED = Buffer.from('CLIENT_ERROR unauthenticated\r\n')
const REFUSED = Buffer.from('CLIENT_ERROR authentication failure\r\n')
const STORED = Buffer.from('STORED\r\n')

/**
 * Takes the first commands of a client on such a node: setting any key to its name and password lets it in, anything else is
 * refused. Answers how far it came in `bytes[0, end)`.
 */
export function consumeLogin(client: Client, { users }: Login, bytes: Buffer, end: number): number {
  const { counters, replies } = client.core
  let at = 0
  while (at < end && !client.admitted) {
    const newline = bytes.indexOf(LF, at)
    if (newline < 0 || newline >= end) {
      if (end - at > MOST_BYTES) client.connection.breakOff()
      return at
    }
    const [, length] = SET.exec(bytes.toString('latin1', at, newline)) ?? []
    const value = newline + 1
    const valueEnd = value + Number(length)
    if (length === undefined || Number(length) > MOST_BYTES) {
      replies.text(UNAUTHENTICATED)
      at = value
      continue
    }
    if (valueEnd + 2 > end) return at
    const given = bytes.subarray(value, valueEnd)
    client.admitted = users.some((user) => user.length === given.length && timingSafeEqual(user, given))
    counters.authCommands++
    if (!client.admitted) counters.authErrors++
    replies.text(client.admitted ? STORED : REFUSED)
    at = valueEnd + 2
  }
  return at
}
