/** What the faults in effect mean for a cluster's nodes. Pure: the fleet and the handlers do the rest. */
import type { Family, Impairment } from '../../net/serve/impairment.ts'
import type { CacheClusterRecord, CacheNodeRecord, FaultRecord, ServerlessCacheRecord } from '../store/records.ts'

const BOTH: readonly Family[] = ['IPv4', 'IPv6']

/** Faults that concern a cluster. One that was made again under the same name is another. */
export const faultsOfCluster = (
  faults: readonly FaultRecord[],
  { id, token, nodes }: CacheClusterRecord,
): readonly FaultRecord[] =>
  faults.filter(
    (fault) =>
      (fault.cluster === id && fault.clusterToken === token) ||
      (fault.kind === 'zone-outage' && nodes.some(({ zone }) => zone === fault.zone)),
  )

/** Faults that concern a serverless cache. It is in several zones, so that the loss of one is not felt. */
export const faultsOfCache = (
  faults: readonly FaultRecord[],
  { id, token }: ServerlessCacheRecord,
): readonly FaultRecord[] => faults.filter((fault) => fault.serverlessCache === id && fault.clusterToken === token)

const concerns = (fault: FaultRecord, node: CacheNodeRecord): boolean =>
  fault.kind === 'zone-outage' ? fault.zone === node.zone : fault.node === undefined || fault.node === node.id

/** Whether a fault keeps the node from running at all. */
export const isDown = (faults: readonly FaultRecord[], node: CacheNodeRecord): boolean =>
  faults.some((fault) => fault.kind === 'node-crash' && concerns(fault, node))

/** Whether it runs, but clients get no answer: then the configuration endpoint is answered by another. */
export const isMute = (faults: readonly FaultRecord[], node: CacheNodeRecord): boolean =>
  faults.some(({ kind }) => kind === 'node-hang' || kind === 'zone-outage')
    ? (impairmentOf(faults, node)?.silent.length ?? 0) === BOTH.length
    : false

/** All that a node suffers from at the same time; null: nothing. */
export const impairmentOf = (faults: readonly FaultRecord[], node: CacheNodeRecord): Impairment | null =>
  impairmentBy(faults.filter((fault) => concerns(fault, node)))

/** What faults amount to together; null: nothing. */
export function impairmentBy(faults: readonly FaultRecord[]): Impairment | null {
  const silent = new Set<Family>()
  const reset = new Set<Family>()
  let delayMs = 0
  let bytesPerSecond = 0
  for (const fault of faults) {
    switch (fault.kind) {
      case 'node-hang':
      case 'zone-outage':
        for (const each of BOTH) silent.add(each)
        break
      case 'reset':
        for (const each of BOTH) reset.add(each)
        break
      case 'drop-family':
        ;(fault.how === 'reset' ? reset : silent).add(fault.family === 'ipv6' ? 'IPv6' : 'IPv4')
        break
      case 'delay':
        delayMs += fault.delayMs
        break
      case 'throttle':
        bytesPerSecond = Math.min(bytesPerSecond || Number.POSITIVE_INFINITY, fault.rate)
        break
      // Connections feel nothing of these.
      case 'node-crash':
      case 'primary-crash':
      case 'node-replacement':
      case 'replica-lag':
      case 'replication-break':
      case 'split':
      case 'memory-full':
      case 'failover-refused':
      case 'slot-migration-hang':
      case 'capacity':
      case 'address-exhaustion':
      case 'slow-discovery':
      case 'stale-discovery':
      case 'stale-dns':
      case 'slow-dns':
      case 'no-aaaa':
      case 'servfail':
      case 'bad-certificate':
      case 'serverless-creation':
      case 'serverless-update':
      case 'api-throttling':
        break
      default:
        fault satisfies never
    }
  }
  if (silent.size + reset.size + delayMs + bytesPerSecond === 0) return null
  return { silent: [...silent], reset: [...reset], delayMs, bytesPerSecond }
}

export type Certificate = 'good' | 'expired' | 'mismatch'

/** What is wrong with the certificate that nodes show; `good` without such a fault. */
export const certificateOf = (faults: readonly FaultRecord[]): Certificate =>
  faults.find((fault) => fault.kind === 'bad-certificate')?.how ?? 'good'

/** The node list that a node goes on answering with; undefined: what is true. */
export const frozenList = (faults: readonly FaultRecord[], node: CacheNodeRecord): string | undefined =>
  faults.filter((fault) => fault.kind === 'stale-discovery').find((fault) => concerns(fault, node))?.frozen

/** Milliseconds until a node learns a changed list: the last of them after the whole delay of the fault. */
export function discoveryDelay(faults: readonly FaultRecord[], index: number, count: number): number {
  const delay = faults.find((fault) => fault.kind === 'slow-discovery')?.delayMs ?? 0
  return Math.round((delay * (index + 1)) / count)
}
