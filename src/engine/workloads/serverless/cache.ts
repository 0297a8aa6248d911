import { createHash } from 'node:crypto'
import { serverlessVersion } from '../../../api/catalog/serverless.ts'
import { familyOfEngine } from '../../families/families.ts'
import type { ServerlessNode } from '../../families/family.ts'
import { certificateOf, faultsOfCache, impairmentBy } from '../../faults/effects.ts'
import type { IngressRule } from '../../network/ingress.ts'
import { claimsOf } from '../../network/ports.ts'
import { ingressOf } from '../../network/security-groups.ts'
import { addressOf, listenAddresses } from '../../nodes/addresses.ts'
import { type NodeKey, nameOf } from '../../nodes/wanted.ts'
import type { Place, ServerlessCacheRecord, ServerlessPorts, ServerlessStep } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { runtimeOf } from '../node-runtime.ts'
import { reportedVersion } from '../replication-groups/versions.ts'
import { iamUsersOf, serverUsersOf } from '../users/server-users.ts'
import { nextStep, type StepWork, type Workload } from '../workload.ts'
import { certificateNames, nameForClients, namesOf } from './names.ts'

const GIB = 2 ** 30
/** What its only node is called. */
const NODE = 'serverless'

/** What a cache may have to be done with: one without steps the automatic snapshot of the day. */
export type CacheWork = StepWork | { readonly do: 'make-snapshot' }

/**
 * One metered node, behind TLS, on two ports: a part of the engine, or a server. Both take writes and reads alike (guide, "Read-optimized port"): there are no
 * replicas here that reads could lag behind on.
 */
export const serverlessCaches: Workload<ServerlessCacheRecord, CacheWork> = {
  kind: 'serverlessCache',

  next(cache, now) {
    const { steps, status, nextSnapshot } = cache
    if (steps.length > 0) return nextStep(cache, now)
    if (nextSnapshot === null || status !== 'available') return undefined
    return nextSnapshot > now ? { until: nextSnapshot } : { do: 'make-snapshot' }
  },

  faultsOf: (cache, faults) => faultsOfCache(faults, cache),

  nodesOf(cache, faults, store) {
    const { ports } = cache
    const { serverless } = familyOfEngine(cache.engine)
    if (!ports || !serverless || !shouldRun(cache)) return []
    const { memoryLimit, ecpuPerSecond } = limitsOf(cache)
    return [
      {
        node: NODE,
        incarnation: cache.incarnation ?? 1,
        ports: [ports.primary, ports.readOptimized],
        addresses: listenAddresses(cache.networkType, ports),
        engineVersion: reportedVersion(cache.engine, versionOf(cache).version),
        memoryLimit,
        threads: 1,
        programs: serverless.programs({ ecpuPerSecond, server: serverOf(cache, store) }),
        impairment: impairmentBy(faults),
      },
    ]
  },

  endpointsOf: () => [],

  namesOf,

  certificateOf: (cache, faults) => ({ kind: certificateOf(faults), ...certificateNames(cache) }),

  ingressOf: ingressOfCache,

  claimsOf: ({ ports, networkType }) =>
    ports ? [...claimsOf(pairOf(ports), networkType, 2), ...(ports.server ? Object.values(ports.server) : [])] : [],

  subjectsOf(cache) {
    const { serverless } = familyOfEngine(cache.engine)
    if (!serverless) return []
    return [
      {
        key: nameOf(nodeOf(cache)),
        region: cache.region,
        kind: serverless.metrics.name,
        dimensions: [{ Name: 'clusterId', Value: cache.id }],
        createdAt: cache.createdAt,
      },
    ]
  },
}

/** Both ports are where the first is, and next to each other. */
const pairOf = ({ primary, ipv4 }: ServerlessPorts): Place => ({ port: primary, ...(ipv4 !== undefined && { ipv4 }) })

/** The one node behind a serverless cache. */
export const nodeOf = ({ region, id }: ServerlessCacheRecord): NodeKey => ({
  region,
  kind: 'serverlessCache',
  id,
  node: NODE,
})

/** Whether it is a server behind a door. */
export const isServer = ({ engine }: Pick<ServerlessCacheRecord, 'engine'>): boolean =>
  familyOfEngine(engine).replication !== undefined

/** What its engine has of its major version. */
export function versionOf({ engine, majorVersion }: Pick<ServerlessCacheRecord, 'engine' | 'majorVersion'>) {
  const version = serverlessVersion(engine, majorVersion)
  if (!version) throw new Error(`no serverless caches of ${engine} ${majorVersion}`)
  return version
}

/** Everybody, as on AWS where a cache has no user group. */
const OPEN = ['default on nopass ~* &* +@all']

function serverOf(cache: ServerlessCacheRecord, store: Store): ServerlessNode['server'] {
  const { region, id, token, networkType, ports, engine, userGroupId, steps } = cache
  const { acl } = familyOfEngine(engine)
  if (!ports?.server || !acl) return null
  const [step] = steps
  const group = userGroupId === undefined ? undefined : store.get('userGroup', region, userGroupId)
  return {
    runtime: runtimeOf(cache),
    port: ports.primary,
    innerPort: ports.server.inner,
    busPort: ports.server.bus,
    // The same for as long as it lives.
    nodeId: createHash('sha1').update(`${region} ${id} ${token}`).digest('hex'),
    announce: {
      ip: addressOf(networkType === 'ipv6' ? 'ipv6' : 'ipv4', ports),
      hostname: nameForClients(cache),
    },
    users: group ? serverUsersOf(group, store, acl) : OPEN,
    iamUsers: group ? iamUsersOf(group, store) : [],
    rdb: steps.map(initialFileOf).find((file) => file !== null) ?? undefined,
    holdsWrites: step?.do === 'upgrade',
  }
}

/** The file that a server is started with as long as the step is to be done. */
const initialFileOf = (step: ServerlessStep): string | null => (step.do === 'await-server' ? step.file : null)

/** What a cache may take; infinite: as much as there is. */
export const limitsOf = ({ dataStorage, ecpuPerSecond }: ServerlessCacheRecord) => ({
  memoryLimit: dataStorage.maximum === 0 ? Number.POSITIVE_INFINITY : dataStorage.maximum * GIB,
  ecpuPerSecond: ecpuPerSecond.maximum === 0 ? Number.POSITIVE_INFINITY : ecpuPerSecond.maximum,
})

/** A cache that is being deleted has stopped answering, unless its final snapshot is still to be written. */
function shouldRun({ status, steps }: ServerlessCacheRecord): boolean {
  if (status === 'create-failed') return false
  return status !== 'deleting' || steps.some((step) => step.do === 'dump')
}

/**
 * Rules name the ports of AWS, 11211 and 11212, or 6379 and 6380; here they are those the cache really has. A rule for the first opens the
 * primary port, one for the second the read-optimized one (guide, "Set up a security group").
 */
function ingressOfCache(
  { region, engine, securityGroupIds, ports }: ServerlessCacheRecord,
  store: Store,
): IngressRule[] {
  if (!ports) return []
  const awsPort = familyOfEngine(engine).engine.port
  const opened = (ruled: number, port: number): IngressRule[] =>
    ingressOf(store, region, securityGroupIds, ruled).map(({ cidr, ports: range }) => ({
      cidr,
      ports: range ?? [port, port],
    }))
  return [...opened(awsPort, ports.primary), ...opened(awsPort + 1, ports.readOptimized)]
}
