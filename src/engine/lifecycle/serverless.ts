/** Serverless caches and their snapshots, put together: what the engine starts, wakes and closes as one. */

import { PRIMARY_PORT } from '../../api/catalog/serverless.ts'
import type { Pace, ServerlessReport } from '../../api/local-engine.ts'
import type { IngressRule } from '../network/ingress.ts'
import type { Ports } from '../network/ports.ts'
import { ingressOf } from '../network/security-groups.ts'
import { endpointAddress } from '../nodes/addresses.ts'
import type { NodeCounters } from '../nodes/runtime.ts'
import {
  isServerlessKey,
  ServerlessFleet,
  type ServerlessFleetOptions,
  serverlessKey,
} from '../nodes/serverless-fleet.ts'
import type { ServerlessCacheRecord } from '../store/records.ts'
import { SnapshotFiles } from '../store/snapshot-files.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../time/clock.ts'
import { ServerlessRunner } from './serverless-runner.ts'
import { SnapshotRunner } from './snapshot-runner.ts'

export interface ServerlessParts extends Omit<ServerlessFleetOptions, 'ingressOf' | 'faults'> {
  readonly store: Store
  readonly clock: Clock
  readonly ports: Ports
  /** Where free ports are looked for from. */
  readonly firstPort: number
  readonly pace: Pace
  readonly random: () => number
  readonly log: (line: string) => void
  /** Folders of snapshots' files, and of what stands for S3. */
  readonly snapshotsDir: string
  readonly bucketsDir: string
}

export class Serverless {
  readonly #store: Store
  readonly #fleet: ServerlessFleet
  readonly #caches: ServerlessRunner
  readonly #snapshots: SnapshotRunner

  constructor(parts: ServerlessParts) {
    const { store } = parts
    const files = new SnapshotFiles(parts.snapshotsDir, parts.bucketsDir)
    this.#store = store
    this.#fleet = new ServerlessFleet({
      ...parts,
      ingressOf: (cache) => ingressOfCache(cache, store),
      faults: (region) => store.list('fault', region),
    })
    this.#snapshots = new SnapshotRunner({ ...parts, files })
    this.#caches = new ServerlessRunner({ ...parts, files, fleet: this.#fleet, snapshots: this.#snapshots })
  }

  /** After a start. Settles when every recorded cache answers, or has been tried. */
  async resume(): Promise<void> {
    this.#snapshots.resume()
    await this.#caches.resume()
  }

  wakeCache(region: string, name: string): void {
    void this.#caches.kick(region, name)
  }

  /** {@link wakeCache}; settles when there is nothing to do with it at the moment. */
  settle(region: string, name: string): Promise<void> {
    return this.#caches.kick(region, name)
  }

  wakeSnapshot(region: string, name: string): void {
    void this.#snapshots.kick(region, name)
  }

  /** Security groups have changed: running caches take over what they let in. */
  async refresh(region: string): Promise<void> {
    await Promise.all(this.#store.list('serverlessCache', region).map(({ id }) => this.#caches.kick(region, id)))
  }

  /** Starts caches again whose worker ended; answers the keys that are not theirs. */
  lost(keys: readonly string[], why: string): string[] {
    const mine = keys.filter(isServerlessKey)
    this.#fleet.lost(mine)
    for (const key of mine) {
      const [region, name] = key.split('/') as [string, string]
      this.#caches.lost(region, name, why)
    }
    return keys.filter((key) => !isServerlessKey(key))
  }

  async idle(): Promise<void> {
    await this.#caches.idle()
    await this.#snapshots.idle()
  }

  /** Ends what runs of caches whose records have just been cleared, and removes their files. */
  async cleared(caches: readonly ServerlessCacheRecord[]): Promise<void> {
    await Promise.all(caches.map(({ region, id }) => this.#caches.kick(region, id)))
    this.#snapshots.resume()
  }

  async close(): Promise<void> {
    await this.#caches.close()
    await this.#snapshots.close()
  }

  report(counters: ReadonlyMap<string, NodeCounters>): ServerlessReport[] {
    return this.#store.all('serverlessCache').map((cache) => {
      const { region, id, status, networkType, ports } = cache
      const counted = counters.get(serverlessKey(cache))
      const { memoryLimit, ecpuPerSecond } = this.#fleet.limitsOf(cache)
      return {
        region,
        name: id,
        status,
        endpoint: ports && {
          address: endpointAddress(networkType),
          port: ports.primary,
          readOptimizedPort: ports.readOptimized,
        },
        worker: counted?.worker ?? null,
        connections: counted?.connections ?? 0,
        items: counted?.items ?? 0,
        bytes: counted?.bytes ?? 0,
        limitBytes: memoryLimit,
        ecpus: counted?.ecpus ?? 0,
        ecpuPerSecondLimit: Number.isFinite(ecpuPerSecond) ? ecpuPerSecond : null,
        throttledCommands: counted?.throttled ?? 0,
      }
    })
  }
}

/**
 * Rules name the ports of AWS, 11211 and 11212; here they are those the cache really has. A rule for the first opens the
 * primary port, one for the second the read-optimized one (guide, "Set up a security group").
 */
function ingressOfCache({ region, securityGroupIds, ports }: ServerlessCacheRecord, store: Store): IngressRule[] {
  if (!ports) return []
  const opened = (awsPort: number, port: number): IngressRule[] =>
    ingressOf(store, region, securityGroupIds, awsPort).map(({ cidr, ports: range }) => ({
      cidr,
      ports: range ?? [port, port],
    }))
  return [...opened(PRIMARY_PORT, ports.primary), ...opened(PRIMARY_PORT + 1, ports.readOptimized)]
}
