import type { Round } from '../discovery/poll.ts'
import type { ConnectAttempt } from './connect.ts'
import type { NameSurvey } from './dns-survey.ts'
import type { FirstWords } from './first-words.ts'
import type { AddressCheck } from './gai-check.ts'
import type { LintRemark } from './gai-lint.ts'
import type { LocalLimits } from './local-limits.ts'
import type { ResolvedTarget, ResolveFailure } from './resolve.ts'
import type { SourceAddress } from './source-address.ts'
import type { Family } from './target.ts'
import type { TlsView } from './tls-inspect.ts'

/** A cluster as the API describes it, in the words of DescribeCacheClusters. */
export interface ClusterFacts {
  readonly id: string
  readonly status: string
  readonly engine: string
  readonly engineVersion?: string
  readonly networkType: 'ipv4' | 'ipv6' | 'dual_stack'
  readonly ipDiscovery: 'ipv4' | 'ipv6'
  readonly tls: boolean
  readonly numCacheNodes: number
  readonly configuration?: { readonly host: string; readonly port: number }
  readonly nodes: readonly {
    readonly id: string
    readonly status: string
    readonly host?: string
    readonly port?: number
  }[]
  /** `in-sync`, `pending-reboot`, ... */
  readonly parameterApplyStatus?: string
  /** Endpoints on this machine, where one name stands for both loopback addresses. */
  readonly local: boolean
}

/** One place clients go to. */
export interface Place {
  readonly host: string
  readonly port: number
  /** `0001` for a node, `configuration`, or `given` for what was typed as host:port. */
  readonly role: string
  /** What clients are to speak there. */
  readonly tls: boolean
  readonly cluster?: string
}

/** A name, or an address in its place, and all that name services say of it. */
export interface HostEvidence {
  readonly host: string
  /** Not a literal, not from /etc/hosts: DNS answers for it. */
  readonly asksDns: boolean
  readonly lookup: ResolvedTarget | ResolveFailure
  readonly survey?: NameSurvey
  readonly order?: AddressCheck
}

/** One address and port, and what happened there. */
export interface AddressEvidence {
  readonly place: Place
  readonly address: string
  readonly family: Family
  readonly port: number
  readonly source: SourceAddress
  readonly attempts: readonly ConnectAttempt[]
  /** Absent where nothing connected. */
  readonly words?: FirstWords
  readonly tls?: TlsView
  readonly load?: { readonly connections: number; readonly maxConnections: number }
  /** The IPv4 address behind a synthesised one. */
  readonly translates?: string
}

/** All a doctor knows when it begins to think. JSON-able; rules are functions of it and nothing else. */
export interface Evidence {
  readonly clusters: readonly ClusterFacts[]
  readonly places: readonly Place[]
  readonly hosts: readonly HostEvidence[]
  readonly addresses: readonly AddressEvidence[]
  readonly discovery: readonly { readonly place: Place; readonly round: Round }[]
  readonly gai: { readonly path: string; readonly exists: boolean; readonly remarks: readonly LintRemark[] }
  readonly limits: LocalLimits
}
