/** How a host is made to ask the engine's name server: what the command line and the engine agree on. No I/O here. */

/** Ways to do it: systemd-resolved, dnsmasq, resolver files of macOS, a block of the hosts file that the engine keeps. */
export const DNS_METHODS = ['resolved', 'dnsmasq', 'resolver', 'hosts'] as const

export type DnsMethod = (typeof DNS_METHODS)[number]

/** What has been set up, as it is kept in the state directory; it is there as long as it is to be so. */
export interface DnsSetup {
  readonly method: DnsMethod
  /** The file that was written, or is kept. */
  readonly file: string
}

/** What the control route for it answers. */
export interface DnsReport {
  /** What endpoints' names end in. */
  readonly zone: string
  /** null: no endpoint has a name. */
  readonly port: number | null
  /** How many names there are. */
  readonly names: number
  /** The hosts file that the engine keeps its block of; null: none. */
  readonly hosts: { readonly file: string; readonly trouble: string | null } | null
}
