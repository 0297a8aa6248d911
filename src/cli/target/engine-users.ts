import { readFileSync } from 'node:fs'
import { DEFAULT_USER, type UserFile } from '../../api/identity.ts'
import { engineFiles } from '../../api/local-engine.ts'
import { meantAmong } from '../../api/nearest.ts'
import { errorCode } from '../../api/thrown.ts'
import { Problem } from '../problem.ts'
import type { LocalEngine } from './state-dir.ts'

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * The keys of a named user of the engine, from the file that only its owner can read; without a name the engine's own.
 * @param otherwise What it is that there is no such user: set up wrongly (CACHECTL_USER), or asked for.
 */
export function credentialsOf(
  { info, credentials }: LocalEngine,
  userName: string | undefined,
  otherwise: 'configuration' | 'absent' = 'configuration',
): Credentials {
  if (!userName || userName.toLowerCase() === DEFAULT_USER) {
    return { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey }
  }
  const users = usersOf(info.stateDir)
  const user = users.find((each) => each.userName.toLowerCase() === userName.toLowerCase())
  if (user) return { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey }
  throw new Problem(
    otherwise,
    `The local engine has no user ${userName}.`,
    meantAmong(userName, [DEFAULT_USER, ...users.map((each) => each.userName)]),
  )
}

function usersOf(stateDir: string): UserFile['users'] {
  try {
    const { users }: UserFile = JSON.parse(readFileSync(engineFiles(stateDir).users, 'utf8'))
    return users
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}
