/**
 * Service updates (guide, "Service updates in ElastiCache"). AWS releases them as they are needed; here one comes out with every
 * quarter of the engine's clock, so that moving the clock brings one about. They follow from the time alone.
 */

import type { ServiceUpdateSeverity, ServiceUpdateStatus } from '@aws-sdk/client-elasticache'
import { ENGINE_NAMES, type EngineName } from '../../api/catalog/engines.ts'

const DAY_MS = 24 * 3600_000

/** Days in which the guide recommends to apply an update. */
const DAYS_TO_APPLY: Readonly<Record<ServiceUpdateSeverity, number>> = {
  critical: 14,
  important: 30,
  medium: 60,
  low: 90,
}

/** Days from release until an update expires. Updates are cumulative: those that come later have all that it had. */
const LIFETIME_DAYS = 365

/** In turns. */
const SEVERITIES: readonly ServiceUpdateSeverity[] = ['important', 'medium', 'critical', 'low']

export interface ServiceUpdate {
  readonly name: string
  readonly engines: readonly EngineName[]
  readonly severity: ServiceUpdateSeverity
  readonly releasedAt: number
  readonly recommendedBy: number
  /** When it is no longer available; null: never. */
  readonly endsAt: number | null
  /** Applied in a maintenance window once the recommended date has passed. */
  readonly autoApply: boolean
  readonly description: string
  /** Whether it is for nodes that were made after its release too. */
  readonly forEveryNode: boolean
}

/** The guide's own, to be applied and stopped as printed: it is for every cluster, whenever it was made. */
const SAMPLE: ServiceUpdate = {
  name: 'sample-service-update',
  engines: ENGINE_NAMES,
  severity: 'medium',
  releasedAt: Date.UTC(2024, 0, 15),
  recommendedBy: Date.UTC(2024, 0, 15) + DAYS_TO_APPLY.medium * DAY_MS,
  endsAt: null,
  autoApply: false,
  description: 'Rehearsal of a service update: restarts the nodes of a cluster one after another.',
  forEveryNode: true,
}

/** Updates released by `now` and those of the next quarter, newest first; expired ones for another year. */
export function serviceUpdates(now: number): readonly ServiceUpdate[] {
  const quarter = quarterOf(now)
  const known = CATALOGUES.get(quarter)
  if (known) return known
  const updates = [
    ...Array.from({ length: 10 }, (_, ago) =>
      ENGINE_NAMES.map((engine) => quarterly(engine, quarter + 1 - ago)),
    ).flat(),
    SAMPLE,
  ].sort((a, b) => b.releasedAt - a.releasedAt)
  CATALOGUES.clear()
  CATALOGUES.set(quarter, updates)
  return updates
}

const CATALOGUES = new Map<number, readonly ServiceUpdate[]>()

/** {@link serviceUpdates} that are out. */
export const releasedUpdates = (now: number): ServiceUpdate[] =>
  serviceUpdates(now).filter(({ releasedAt }) => releasedAt <= now)

/** The status of an update at a time in milliseconds since the epoch. */
export const statusAt = ({ endsAt }: ServiceUpdate, now: number): ServiceUpdateStatus =>
  endsAt !== null && endsAt <= now ? 'expired' : 'available'

/** Quarters since the year 0. */
function quarterOf(time: number): number {
  const date = new Date(time)
  return date.getUTCFullYear() * 4 + Math.floor(date.getUTCMonth() / 3)
}

function quarterly(engine: EngineName, quarter: number): ServiceUpdate {
  const releasedAt = Date.UTC(Math.floor(quarter / 4), (quarter % 4) * 3)
  const severity = SEVERITIES[quarter % SEVERITIES.length] as ServiceUpdateSeverity // within its length
  const day = new Date(releasedAt).toISOString().slice(0, 10).replaceAll('-', '')
  return {
    name: `elasticache-${engine}-security-update-${day}`,
    engines: [engine],
    severity,
    releasedAt,
    recommendedBy: releasedAt + DAYS_TO_APPLY[severity] * DAY_MS,
    endsAt: releasedAt + LIFETIME_DAYS * DAY_MS,
    autoApply: severity === 'critical' || severity === 'important',
    description: 'Security patches of the operating system of nodes, with all patches before them.',
    forEveryNode: false,
  }
}
