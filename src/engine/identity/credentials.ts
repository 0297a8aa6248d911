import { randomBytes } from 'node:crypto'
import type { EngineCredentials } from '../../api/local-engine.ts'
import { bearerToken } from '../http/bearer.ts'
import { readWhole, writeWhole } from '../store/durable-file.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Random letters and digits as access keys are made of. */
export const accessKey = (length: number): string =>
  [...randomBytes(length)].map((byte) => ALPHABET[byte % 32]).join('')

/** The engine's own credentials: made at the first start, kept in a file only its owner can read. */
export function openCredentials(file: string): EngineCredentials {
  const known = readWhole<EngineCredentials>(file)
  if (known) return known
  const credentials: EngineCredentials = {
    // Twenty characters that begin like any access key, so that tools which check the form accept it.
    accessKeyId: `AKIALOCAL${accessKey(11)}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    controlToken: bearerToken(),
  }
  writeWhole(file, `${JSON.stringify(credentials, null, 2)}\n`)
  return credentials
}
