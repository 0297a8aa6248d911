import type { Family } from '../net/target.ts'

/** App Mesh's `ipPreference`; `none` when it is not set. */
export const PREFERENCES = ['none', 'IPv4_ONLY', 'IPv4_PREFERRED', 'IPv6_ONLY', 'IPv6_PREFERRED'] as const
export type IpPreference = (typeof PREFERENCES)[number]

/** How the caller finds the node: the two differ when no preference is set. */
export type DiscoverySource = 'dns' | 'cloud-map'

/** Where a request to the node fails. Several at once where mending one would show the next. */
export type Hop = 'discovery' | 'listener' | 'application'

export interface PreferenceRow {
  /** Families discovery may return, the one taken first in front. */
  readonly discovery: Readonly<Record<DiscoverySource, readonly Family[]>>
  /** The one loopback address the sidecar hands requests to. There is no second try. */
  readonly application: Family
  /** Families the sidecar listens on. */
  readonly listener: readonly Family[]
  /** Envoy's dns_lookup_family. */
  readonly lookupFamily: 'AUTO' | 'V4_ONLY' | 'V6_ONLY' | 'V4_PREFERRED'
}

/** App Mesh walkthrough for IPv6, "IP preference": what each value does to the four places it touches. */
export const PREFERENCE_TABLE: Readonly<Record<IpPreference, PreferenceRow>> = {
  none: { discovery: { dns: [6, 4], 'cloud-map': [4, 6] }, application: 4, listener: [4], lookupFamily: 'AUTO' },
  IPv4_ONLY: { discovery: { dns: [4], 'cloud-map': [4] }, application: 4, listener: [4, 6], lookupFamily: 'V4_ONLY' },
  IPv4_PREFERRED: {
    discovery: { dns: [4, 6], 'cloud-map': [4, 6] },
    application: 4,
    listener: [4, 6],
    lookupFamily: 'V4_PREFERRED',
  },
  IPv6_ONLY: { discovery: { dns: [6], 'cloud-map': [6] }, application: 6, listener: [4, 6], lookupFamily: 'V6_ONLY' },
  IPv6_PREFERRED: {
    discovery: { dns: [6, 4], 'cloud-map': [6, 4] },
    application: 6,
    listener: [4, 6],
    lookupFamily: 'AUTO',
  },
}

export interface MeshNode {
  readonly name: string
  /** Families it is registered under. */
  readonly discovery: readonly Family[]
  /** Families its application accepts. */
  readonly application: readonly Family[]
}

/** The six services of the walkthrough. */
export const WALKTHROUGH: readonly MeshNode[] = [
  { name: 'red', discovery: [4], application: [4] },
  { name: 'orange', discovery: [4], application: [4, 6] },
  { name: 'yellow', discovery: [4], application: [6] },
  { name: 'green', discovery: [4, 6], application: [4] },
  { name: 'blue', discovery: [4, 6], application: [4, 6] },
  { name: 'purple', discovery: [4, 6], application: [6] },
]

/** What was met where a node fails; what is not told of was not looked at. */
export interface Obstacles {
  /** Why it has no address at all. */
  readonly discovery?: string
  /** Per family, as the end of "the sidecar hands requests to IPv4, where ...". */
  readonly application?: Readonly<Record<Family, string | undefined>>
}

export interface PreferenceOutcome {
  readonly preference: IpPreference
  readonly ok: boolean
  /** Empty when it works. */
  readonly failsAt: readonly Hop[]
  /** The family the caller would connect over; absent when discovery finds none. */
  readonly over?: Family
  readonly why: string
}

/**
 * What a request to the node meets. Discovery may fall back to the other family under *_PREFERRED; the last hop, from
 * the sidecar to the application, never does.
 */
export function evaluatePreference(
  node: Pick<MeshNode, 'discovery' | 'application'> & { readonly obstacles?: Obstacles },
  preference: IpPreference,
  source: DiscoverySource = 'dns',
): PreferenceOutcome {
  const row = PREFERENCE_TABLE[preference]
  const over = row.discovery[source].find((family) => node.discovery.includes(family))
  const reasons: (readonly [Hop, string])[] = []
  if (over === undefined) {
    const wanted = row.discovery[source].map((family) => `IPv${family}`).join(' or ')
    reasons.push(['discovery', node.obstacles?.discovery ?? `it is not registered under ${wanted}`])
  } else if (!row.listener.includes(over)) {
    reasons.push(['listener', `the caller takes IPv${over}, and without a preference the sidecar listens on IPv4 only`])
  }
  if (!node.application.includes(row.application)) {
    const obstacle = node.obstacles?.application?.[row.application] ?? 'the application does not listen'
    reasons.push(['application', `the sidecar hands requests to IPv${row.application}, where ${obstacle}`])
  }
  return {
    preference,
    ok: reasons.length === 0,
    failsAt: reasons.map(([hop]) => hop),
    ...(over !== undefined && { over }),
    why:
      reasons.length === 0
        ? `found over IPv${over}, served over IPv${row.application}`
        : reasons.map(([, why]) => why).join('; '),
  }
}
