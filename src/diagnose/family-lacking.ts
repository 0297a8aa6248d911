import { isIP } from 'node:net'
import { shell } from '../api/shell.ts'
import type { ResolvedAddress } from '../net/resolve.ts'
import type { Family } from '../net/target.ts'
import type { ClusterFacts } from './evidence.ts'

/** Families that clients of a cluster may count on. */
export const familiesOf = (networkType: ClusterFacts['networkType']): readonly Family[] =>
  networkType === 'dual_stack' ? [4, 6] : networkType === 'ipv6' ? [6] : [4]

/** A family that the network type of a cluster promises, and programs here do not get for the name. JSON-able. */
export interface FamilyLacking {
  readonly host: string
  readonly family: Family
  readonly sentence: string
  readonly hint: string
  /** A command that shows the same. */
  readonly evidence: string
}

/** What programs here get of a name, held against what they were promised. */
export function familyLacking(
  host: string,
  addresses: readonly ResolvedAddress[],
  promised: readonly Family[],
): FamilyLacking | undefined {
  const named = addresses.filter(({ unnamed }) => unnamed !== true)
  const family = promised.find((each) => named.every((address) => address.family !== each))
  if (family === undefined || isIP(host) !== 0) return undefined
  const only = named.map(({ address }) => address).join(', ')
  return {
    host,
    family,
    sentence: `Programs here get no IPv${family} address for ${host}${only === '' ? '' : `, only ${only}`}: those that go by IPv${family} can not find it.`,
    hint:
      host === 'localhost'
        ? `/etc/hosts lacks a line: ${LOOPBACK[family]} localhost`
        : 'A line in /etc/hosts hides it, or getaddrinfo is told to leave it out (options no-aaaa, /etc/nsswitch.conf).',
    evidence: shell`getent ahosts ${host}`,
  }
}

const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '::1' }
