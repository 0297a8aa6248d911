import type { Round } from '../discovery/poll.ts'
import type { ConnectOutcome } from '../net/connect-outcome.ts'
import type { ResolvedTarget, ResolveFailure } from '../net/resolve.ts'
import type { Family } from '../net/target.ts'
import type { ConnectAttempt } from './connect.ts'
import type { NameSurvey } from './dns-survey.ts'
import type { HereEvidence } from './examine-here.ts'
import type { FirstWords } from './first-words.ts'
import type { AddressCheck } from './gai-check.ts'
import type { LintRemark } from './gai-lint.ts'
import type { LocalLimits } from './local-limits.ts'
import type { NodeAnswers } from './node-answers.ts'
import type { NodeTrial } from './node-trial.ts'
import type { NodeWatch } from './node-watch.ts'
import type { ProgramsHere } from './programs-here.ts'
import type { RespEvidence } from './resp-servers.ts'
import type { ServiceEvidence } from './service.ts'
import type { SourceAddress } from './source-address.ts'
import type { TlsView } from './tls-inspect.ts'
import type { WriteProbe } from './write-probe.ts'

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
    readonly zone?: string
    /** Of a replication group: the shard it belongs to; absent of endpoints that stand for several nodes. */
    readonly shard?: string
    /** Of a replication group, where the API tells: it does not in cluster mode. */
    readonly role?: string
  }[]
  /** `in-sync`, `pending-reboot`, ... */
  readonly parameterApplyStatus?: string
  readonly parameterGroup?: string
  readonly nodesToReboot?: readonly string[]
  readonly nodeType?: string
  readonly subnetGroup?: string
  readonly securityGroups?: readonly string[]
  /** `sun:05:00-sun:09:00`, UTC. */
  readonly maintenanceWindow?: string
  /** What is to change in it, in the words of PendingModifiedValues. */
  readonly pending?: readonly string[]
  /** `active`, `inactive`; absent: events go to no topic. */
  readonly notifications?: string
  readonly autoMinorVersionUpgrade?: boolean
  /** A serverless cache: its nodes are `endpoint` and `reader`, it keeps no list, and has nothing to tune. */
  readonly serverless?: boolean
  /** A replication group: its nodes are its members, and the endpoints that stand for some of them. */
  readonly group?: boolean
  /** Endpoints on this machine, where one name stands for both loopback addresses. */
  readonly local: boolean
}

/** A cluster that was asked for by its id, and is not there. */
export interface MissingCluster {
  readonly id: string
  /** Where it was looked for: `us-west-2 of the local engine`. */
  readonly at: string
  /** Ids that are there; absent where that could not be asked. */
  readonly known?: readonly string[]
  /** ISO 8601: when events say that it was deleted. */
  readonly deletedAt?: string
}

export interface SecurityGroupFacts {
  readonly id: string
  readonly name: string
  /** Ranges of addresses that belong to the group. */
  readonly members: readonly string[]
  /** `source`: a range of addresses, or the id of a group, which stands for its members. */
  readonly ingress: readonly { readonly fromPort: number; readonly toPort: number; readonly source: string }[]
}

/** What describe calls tell beside the clusters themselves. Each part is absent where its call was refused. */
export interface ApiFacts {
  /** Calls that were refused, and with what code; those that had no answer in time, how long they were waited for. */
  readonly refused: readonly { readonly operation: string; readonly code: string; readonly waitedMs?: number }[]
  /** Of the last day, the newest first. */
  readonly events?: readonly { readonly at: string; readonly source: string; readonly message: string }[]
  /** Of the local VPC; AWS tells of them in EC2, which is not asked. */
  readonly securityGroups?: readonly SecurityGroupFacts[]
  /** Versions of Memcached that can be had. */
  readonly versions?: readonly string[]
  readonly subnetGroups?: readonly {
    readonly name: string
    readonly networkTypes: readonly string[]
    readonly zones: readonly string[]
  }[]
  /** Parameters that were set, per parameter group. */
  readonly parameters?: readonly { readonly group: string; readonly name: string; readonly value: string }[]
  /** The most nodes that the quota lets a cluster have; AWS does not tell it by this API. */
  readonly mostNodes?: number
  /** Users of Redis OSS and Valkey; `access` is the access string. */
  readonly users?: readonly { readonly id: string; readonly name: string; readonly access: string }[]
  /** Service updates that were not applied. */
  readonly updates?: readonly {
    readonly cluster: string
    readonly name: string
    readonly severity: string
    readonly due?: string
  }[]
}

/** One place clients go to. */
export interface Place {
  readonly host: string
  readonly port: number
  /** `0001` for a node, `configuration`, or `given` for what was typed as host:port. */
  readonly role: string
  /** What clients are to speak there. */
  readonly tls: boolean
  /** `resp`: a server of Redis OSS or Valkey is to answer; absent: Memcached. */
  readonly speaks?: 'resp'
  readonly cluster?: string
}

/** A name, or an address in its place, and all that name services say of it. */
export interface HostEvidence {
  readonly host: string
  /** Not a literal, not from /etc/hosts: DNS answers for it. */
  readonly asksDns: boolean
  readonly lookup: ResolvedTarget | ResolveFailure
  /** Addresses of the name in /etc/hosts. */
  readonly listed?: readonly string[]
  readonly survey?: NameSurvey
  /** The search list makes this name of it, whose addresses programs here get; the survey is of this name. */
  readonly completedTo?: string
  /** Addresses that DNS has for the name itself, where they are others. */
  readonly unlike?: readonly string[]
  /** Addresses that name servers have for it, and that programs here do not get: what a connection to each came to. */
  readonly unheard?: readonly { readonly address: string; readonly outcome: ConnectOutcome }[]
  /** Where nothing serves at its addresses: a name beside it that can't be, and what name servers have for that. */
  readonly nobody?: { readonly name: string; readonly addresses: readonly string[] }
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
  /** While these were made, this host sent so many requests for connections again, to whomever; absent where that is not known. */
  readonly sentAgain?: number
  /** Absent where nothing connected. */
  readonly words?: FirstWords
  readonly tls?: TlsView
  /** Of Memcached that answers. */
  readonly answers?: NodeAnswers
  readonly trial?: NodeTrial
  /** The IPv4 address behind a synthesised one. */
  readonly translates?: string
}

/** All a doctor knows when it begins to think. JSON-able; signs and causes are functions of it and nothing else. */
export interface Evidence {
  /** ISO 8601: when the look began. */
  readonly at?: string
  readonly clusters: readonly ClusterFacts[]
  readonly missing?: readonly MissingCluster[]
  readonly api?: ApiFacts
  /** How the API itself was found; absent where it was not asked. */
  readonly service?: ServiceEvidence
  readonly places: readonly Place[]
  readonly hosts: readonly HostEvidence[]
  readonly addresses: readonly AddressEvidence[]
  readonly discovery: readonly { readonly place: Place; readonly round: Round }[]
  /** Nodes of Memcached that answer, each once. */
  readonly watched?: readonly NodeWatch[]
  /** Where it was allowed: nodes that a key of ours was written to, each once. */
  readonly written?: readonly WriteProbe[]
  readonly gai: { readonly path: string; readonly exists: boolean; readonly remarks: readonly LintRemark[] }
  readonly limits: LocalLimits
  /** Programs of this host at both ends of connections to the places. */
  readonly programs?: ProgramsHere
  /** Servers of Redis OSS and Valkey that answer. */
  readonly servers?: RespEvidence
  /** Where something does not serve: what this host itself does to packets to it. */
  readonly here?: HereEvidence
}
