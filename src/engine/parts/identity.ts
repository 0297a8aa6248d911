import type { EngineCredentials } from '../../api/local-engine.ts'
import { AuditLog } from '../audit/audit.ts'
import { Signatures } from '../http/signature.ts'
import { openCredentials } from '../identity/credentials.ts'
import { Principals } from '../identity/principals.ts'
import { Users } from '../identity/users.ts'
import { JsonLines } from '../store/json-lines.ts'
import { systemClock } from '../time/clock.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** Bytes of each of the two files of the audit log. */
const AUDIT_BYTES = 10_000_000
/** Of calls whose signature was not right. */
const AUDIT_STRANGERS_BYTES = 1_000_000

export interface Identity {
  readonly credentials: EngineCredentials
  readonly users: Users
  readonly principals: Principals
  readonly signatures: Signatures
  readonly audit: AuditLog
}

/** Users and what they may call, how callers prove to be one, and the log of their calls. */
export function openIdentity({ files }: State, { log, onCall, opened }: Start): Identity {
  const credentials = openCredentials(files.credentials)
  const users = new Users(files.users)
  const principals = new Principals(credentials, users)
  const audit = new AuditLog(
    new JsonLines(files.audit, AUDIT_BYTES),
    new JsonLines(files.auditStrangers, AUDIT_STRANGERS_BYTES),
    systemClock,
    log,
    onCall,
  )
  opened.add(() => audit.close())
  return { credentials, users, principals, signatures: new Signatures(principals, systemClock.now), audit }
}
