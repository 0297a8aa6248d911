/** What users and user groups may be. Words without a source are ours. */
import { printAccessString, readAccessString } from '../../../acl/access-string.ts'
import type { AclEngine } from '../../../acl/commands.ts'
import { BadRule } from '../../../acl/rules.ts'
import { Fault } from '../../../api/faults.ts'
import { isNameOf, namesOf } from '../../../api/tables.ts'
import { missing } from '../../http/query-protocol.ts'
import type { UserGroupRecord, UserRecord } from '../../store/records.ts'
import { DEFAULT_USER } from './find.ts'

const ENGINES: Readonly<Record<AclEngine, true>> = { redis: true, valkey: true }

/** In any case; the words are moto's. */
export function readAclEngine(engine: string | undefined): AclEngine {
  if (!engine) throw missing('Engine', engine)
  const name = engine.toLowerCase()
  if (isNameOf(ENGINES, name)) return name
  throw new Fault(
    'InvalidParameterValue',
    `Unknown parameter for Engine: "${engine}", must be one of: ${namesOf(ENGINES).join(', ')}`,
  )
}

/** That Redis OSS becomes Valkey is the only way there is, as it is for caches. */
export function readEngineChange(engine: string | undefined, from: AclEngine): AclEngine {
  if (engine === undefined) return from
  const to = readAclEngine(engine)
  if (from === 'valkey' && to === 'redis') {
    throw new Fault('InvalidParameterValue', 'The engine can be changed from redis to valkey, and not back.')
  }
  return to
}

/** A server takes no other names; any case is kept. */
export function readUserName(name: string | undefined): string {
  if (!name) throw missing('UserName', name)
  if (/[\s\p{Cc}]/u.test(name)) {
    throw new Fault('InvalidParameterValue', 'The parameter UserName must not have blanks or control characters.')
  }
  return name
}

/** As it will be shown. @param before What `text` is added to. */
export function readAccess(text: string | undefined, engine: AclEngine, before?: string): string {
  if (!text) throw missing('AccessString', text)
  try {
    const rules = before === undefined ? undefined : readAccessString(before, engine)
    return printAccessString(readAccessString(text, engine, rules))
  } catch (error) {
    if (error instanceof BadRule) throw new Fault('InvalidParameterValue', error.message)
    throw error
  }
}

/** Refuses a group that may not have these users. */
export function refuseUnfitUsers(group: Pick<UserGroupRecord, 'id' | 'engine'>, users: readonly UserRecord[]): void {
  const { engine } = group
  for (const user of users) refuseUnfitUser(user, engine)
  const names = users.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new Fault('DuplicateUserName', `User group ${group.id} can have one user with the user name ${twice} only.`)
  }
  if (engine === 'redis' && !names.includes(DEFAULT_USER)) {
    throw new Fault('DefaultUserRequired', 'User group needs to contain a user with the user name default.')
  }
}

/** Groups of Redis OSS have users of Redis OSS; those of Valkey of both, if they authenticate (guide). */
export function refuseUnfitUser(user: Pick<UserRecord, 'id' | 'engine' | 'authentication'>, engine: AclEngine): void {
  if (engine === 'redis' && user.engine !== 'redis') {
    throw new Fault(
      'InvalidParameterValue',
      `User ${user.id} is of engine ${user.engine}; a user group of engine redis can have users of engine redis only.`,
    )
  }
  if (engine === 'valkey' && user.authentication === 'no-password') {
    throw new Fault(
      'InvalidParameterValue',
      `User ${user.id} needs no password; users of a user group of engine valkey need a password or IAM authentication.`,
    )
  }
}
