import type { DnsReport } from '../../api/local-dns.ts'
import { CONTROL, type EngineStatus } from '../../api/local-engine.ts'
import type { AuditLog } from '../audit/audit.ts'
import type { Context } from '../calls/context.ts'
import type { ControlHandler } from '../http/front-door.ts'
import type { Users } from '../identity/users.ts'
import type { Runner } from '../lifecycle/runner.ts'
import type { Recorder } from '../metrics/recorder.ts'
import type { EndpointModes } from '../nodes/endpoint-mode.ts'
import type { NodeRuntimes } from '../nodes/node-runtimes.ts'
import type { FaultKeeper } from '../rehearsal/keeper.ts'
import type { JsonLines } from '../store/json-lines.ts'
import type { Store } from '../store/store.ts'
import { systemClock } from '../time/clock.ts'
import type { EngineClock } from '../time/engine-clock.ts'
import { clockRoutes } from './clock.ts'
import { faultRoutes } from './faults.ts'
import { withKnownMembers } from './members.ts'
import type { NetworkOffice } from './network-office.ts'
import { notificationRoutes } from './notifications.ts'
import { quotaRoutes } from './quotas.ts'
import { securityGroupRoutes } from './security-groups.ts'
import { subnetRoutes } from './subnets.ts'
import { userRoutes } from './users.ts'

export interface ControlParts {
  readonly store: Store
  readonly clock: EngineClock
  readonly runner: Runner
  readonly nodeRuntimes: NodeRuntimes
  readonly endpointModes: EndpointModes
  readonly notifications: JsonLines
  readonly names: { refresh(): DnsReport }
  readonly recorder: Recorder
  readonly faults: FaultKeeper
  readonly audit: AuditLog
  readonly users: Users
  readonly contextOf: (region: string) => Context
  readonly status: () => Promise<EngineStatus>
}

/** Every route of the engine's own. */
export function controlRoutes(parts: ControlParts): Readonly<Record<string, ControlHandler>> {
  const { store, clock, runner, recorder, contextOf } = parts
  const office: NetworkOffice = {
    contextOf,
    async settle(region, clusterIds) {
      const all = runner.owners().filter((owner) => owner.region === region)
      await runner.settle(all.filter(({ kind, id }) => kind !== 'cluster' || clusterIds.includes(id)))
    },
  }
  return withKnownMembers({
    [`GET ${CONTROL.status}`]: parts.status,
    [`POST ${CONTROL.reset}`]: () => reset(parts),
    ...clockRoutes(
      clock,
      () => runner.idle(),
      store,
      () => recorder.catchUp(),
    ),
    ...notificationRoutes(store),
    ...faultRoutes(parts.faults),
    [`POST ${CONTROL.dns}`]: () => parts.names.refresh(),
    [`POST ${CONTROL.auditFlush}`]: () => parts.audit.flush(),
    ...userRoutes(parts.users, systemClock.now),
    ...subnetRoutes(office),
    ...quotaRoutes(office),
    ...securityGroupRoutes(office),
  })
}

/** Forgets everything; the nodes end as their records are gone, and the clock is the machine's again. */
async function reset({
  store,
  clock,
  runner,
  nodeRuntimes,
  endpointModes,
  notifications,
  recorder,
}: ControlParts): Promise<{ clusters: number }> {
  notifications.clear()
  const former = runner.owners()
  try {
    store.clear()
    clock.reset()
    await runner.cleared(former)
  } finally {
    nodeRuntimes.remember()
    endpointModes.remember()
    recorder.clear()
  }
  return { clusters: former.filter(({ kind }) => kind === 'cluster').length }
}
