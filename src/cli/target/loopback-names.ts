import { type NameServices, type ResolvedAddress, systemNames } from '../../net/resolve.ts'

const LOOPBACKS: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * A dual-stack node of the local engine is `localhost` on both loopback addresses, while /etc/hosts often gives that
 * name only one. Both are looked at (RFC 6761, 6.3); the one that programs here do not get is marked, as a finding.
 */
export const bothLoopbacks: NameServices = {
  ...systemNames,
  lookupAll: async (host) => {
    if (host !== 'localhost') return systemNames.lookupAll(host)
    // What programs here do not get, for whatever reason, is marked below, and is a finding.
    const given = await systemNames.lookupAll(host).catch(() => [])
    const others = LOOPBACKS.filter(({ family }) => given.every((each) => each.family !== family))
    return [...given, ...others.map((each) => ({ ...each, unnamed: true as const }))]
  },
}
