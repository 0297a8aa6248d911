import { randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** Whether an Authorization header holds the token; compared in a time that does not tell how much of it is right. */
export function isBearer(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** A new random token of 192 bits, fit for a header. */
export const bearerToken = (): string => randomBytes(24).toString('base64url')

/** The token in a file that holds nothing else, so that other programs can read it; made when there is none. Mode 0600. */
export function openToken(file: string): string {
  const known = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (known !== '') return known
  const token = bearerToken()
  writeFileSync(file, `${token}\n`, { mode: 0o600 })
  return token
}
