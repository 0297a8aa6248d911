/** What records of several kinds have in common. */
import type { IpDiscovery as ApiIpDiscovery, NetworkType as ApiNetworkType } from '@aws-sdk/client-elasticache'

export type NetworkType = ApiNetworkType
export type IpDiscovery = ApiIpDiscovery

/** Where something listens. */
export interface Place {
  readonly port: number
  /** A loopback address of its own; absent: the machine's own, 127.0.0.1. Of IPv6 there is but ::1. */
  readonly ipv4?: string
}

/** How endpoints of something are told. */
export interface EndpointsTold {
  /** By name, for as long as it lives. */
  readonly named?: true
  /** With this host, in the place of this machine's loopback: what the engine was started with last. Names go before it. */
  readonly advertisedHost?: string
}

/** What can be found by a name. */
export interface HostName {
  readonly name: string
  readonly addresses: readonly string[]
  /** The name of the node that answers on it now, where that does so on the same port. */
  readonly alias?: string
}

/** What a parameter group sets, by parameter name; what it leaves at the default is not there. */
export type ParameterValues = Readonly<Record<string, string>>

export interface Tag {
  readonly Key: string
  readonly Value: string
}

export interface NotificationTopic {
  readonly arn: string
  readonly status: 'active' | 'inactive'
}

export interface NodeParameters {
  readonly started: ParameterValues
  /** Of the cluster's {@link ClusterParameters}: the version whose immediate values it goes by. */
  readonly version: number
}

/** What a cluster's parameter group sets, as of its last change. */
export interface ClusterParameters {
  readonly values: ParameterValues
  /** Grows with every change of the group, and of the group's values. */
  readonly version: number
}
