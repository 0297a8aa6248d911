import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { EngineCredentials } from '../api/local-engine.ts'
import { bearerToken } from './bearer.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Random letters and digits as access keys are made of. */
export const accessKey = (length: number): string =>
  [...randomBytes(length)].map((byte) => ALPHABET[byte % 32]).join('')

/** The engine's own credentials: made at the first start, kept in a file only its owner can read. */
export function openCredentials(file: string): EngineCredentials {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as EngineCredentials
  const credentials: EngineCredentials = {
    // Twenty characters that begin like any access key, so that tools which check the form accept it.
    accessKeyId: `AKIALOCAL${accessKey(11)}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    controlToken: bearerToken(),
  }
  writeFileSync(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  return credentials
}
