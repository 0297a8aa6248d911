/**
 * CPU credits of burstable node types (guide, "Burstable Performance Instances"): [earned an hour, vCPUs]. At most what is
 * earned in 24 hours is kept. The guide has credit metrics for T3 and T4g, and says there are none for T2.
 */
const CREDITS: Readonly<Record<string, readonly [hourly: number, vcpus: number]>> = {
  'cache.t4g.micro': [12, 2],
  'cache.t4g.small': [24, 2],
  'cache.t4g.medium': [24, 2],
  'cache.t3.micro': [12, 2],
  'cache.t3.small': [24, 2],
  'cache.t3.medium': [24, 2],
}

export interface CpuCredits {
  readonly hourly: number
  readonly most: number
  readonly vcpus: number
}

/** undefined: the node type has no credits, or none that are told. */
export function cpuCreditsOf(nodeType: string): CpuCredits | undefined {
  const [hourly, vcpus] = CREDITS[nodeType] ?? []
  return hourly === undefined || vcpus === undefined ? undefined : { hourly, most: 24 * hourly, vcpus }
}
