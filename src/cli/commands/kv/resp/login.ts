/** The user that logs in at servers that speak RESP: the password comes by file, environment or question, never by the line. */
import { readFileSync } from 'node:fs'
import { namesOf } from '../../../../api/tables.ts'
import { errorMessage } from '../../../../api/thrown.ts'
import { RespClient, type RespOptions } from '../../../../kv/resp/client.ts'
import type { Login } from '../../../../kv/resp/connection.ts'
import type { RespNode } from '../../../../kv/resp/topology.ts'
import { environment } from '../../../environment.ts'
import { count } from '../../../flag-kinds.ts'
import { type Flags, text, toggle, type ValuesOf } from '../../../flags.ts'
import { prompt } from '../../../live/prompt.ts'
import { Problem, usageProblem } from '../../../problem.ts'
import { canAsk } from '../../../terminal.ts'

export const PASSWORD_VARIABLE = 'CACHECTL_KV_PASSWORD'

const helpGroup = 'REDIS OSS AND VALKEY'

export const loginFlags = {
  user: text({ summary: 'log in as this user (default: the user default)', helpValue: '<name>', helpGroup }),
  'password-file': text({
    summary: `file with the password (default: ${PASSWORD_VARIABLE} of the environment, else a terminal is asked)`,
    helpValue: '<path>',
    helpGroup,
  }),
  database: count({
    summary: 'number of the database, without cluster mode (default 0)',
    helpValue: '<number>',
    helpGroup,
  }),
  replicas: toggle({ summary: 'in cluster mode, go to a replica of each shard: to read', helpGroup }),
} satisfies Flags

type AllOptions = ValuesOf<typeof loginFlags>

/** Of commands that only log in. */
export type LoginOptions = Pick<AllOptions, 'user' | 'password-file'>

/** @throws Problem of usage where something is said that only servers of RESP have. */
export function refuseLogin(flags: AllOptions): void {
  const said = namesOf(loginFlags).find((name) => flags[name])
  if (said !== undefined) throw usageProblem(`argument --${said}: not for nodes of Memcached`)
}

/**
 * A client that is logged in. A terminal is asked for the password where a user is named, or a server wants one, and none is given.
 * @throws Problem, Unreachable, RespRefusal, BadReply
 */
export async function openResp(
  seeds: readonly RespNode[],
  dial: Pick<RespOptions, 'tls' | 'timeoutMs'>,
  { user, 'password-file': file, database = 0, replicas }: AllOptions,
): Promise<RespClient> {
  const open = (password: string | undefined): Promise<RespClient> =>
    RespClient.open(seeds, { ...dial, login: loginBy(user, password), database, readsReplicas: replicas })
  const password = givenPassword(file)
  if (user !== undefined && password === undefined) return open(await askForPassword(user))
  try {
    return await open(password)
  } catch (error) {
    const isAsked = error instanceof Error && 'code' in error && error.code === 'NOAUTH' && password === undefined
    if (!isAsked || !canAsk()) throw error
    return open(await askForPassword('default'))
  }
}

/** Who logs in, for connections that are the caller's own: asked for only where a user is named. */
export async function loginOf({ user, 'password-file': file }: Partial<LoginOptions>): Promise<Login> {
  return loginBy(user, givenPassword(file) ?? (user === undefined ? undefined : await askForPassword(user)))
}

const loginBy = (user: string | undefined, password: string | undefined): Login => ({
  ...(user !== undefined && { user }),
  ...(password !== undefined && { password }),
})

function givenPassword(file: string | undefined): string | undefined {
  if (file === undefined) return environment[PASSWORD_VARIABLE]
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new Problem('configuration', `Cannot read ${file}: ${errorMessage(error)}`)
  }
}

async function askForPassword(user: string): Promise<string> {
  if (!canAsk()) {
    throw usageProblem(
      `argument --user: no password for ${user}`,
      `Give it by --password-file, or ${PASSWORD_VARIABLE}.`,
    )
  }
  return String(await prompt({ type: 'password', message: `Password of ${user}:` }))
}
