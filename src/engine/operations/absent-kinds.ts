/**
 * Lists of what only Redis OSS and Valkey have. There are none on an engine that runs Memcached, and tools that list
 * everything an account has get to hear just that, rather than a refusal. Codes are AWS's; words without a source are ours.
 */
import { resources } from '../../api/catalog/resources.ts'
import { Fault, type FaultCode } from '../../api/faults.ts'
import type { Handler } from '../calls/context.ts'
import { page } from '../calls/paging.ts'

interface Request {
  readonly MaxRecords?: number | undefined
  readonly Marker?: string | undefined
}

/** The empty list, or the refusal of the one thing that was asked for by name. */
function none(list: string, request: Request, name: string | undefined, code: FaultCode, kind: string): never[] {
  if (name) throw new Fault(code, `${kind} ${name} not found.`)
  return page<never>(list, [], String, request).items
}

export const DescribeGlobalReplicationGroups: Handler<'DescribeGlobalReplicationGroups'> = (input) => ({
  GlobalReplicationGroups: none(
    'global-replication-groups',
    input,
    input.GlobalReplicationGroupId,
    resources.globalReplicationGroup.notFound,
    'Global Replication Group',
  ),
})
