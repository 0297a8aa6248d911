import { type NameServices, systemNames } from '../diagnose/resolve.ts'

/**
 * A dual-stack node of the local engine is `localhost` on both loopback addresses, while /etc/hosts often gives that
 * name only one. Whoever asks for the node's addresses means both (RFC 6761, 6.3).
 */
export const bothLoopbacks: NameServices = {
  ...systemNames,
  lookupAll: async (host) =>
    host === 'localhost'
      ? [
          { address: '127.0.0.1', family: 4 },
          { address: '::1', family: 6 },
        ]
      : systemNames.lookupAll(host),
}
