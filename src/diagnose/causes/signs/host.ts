/** What shows in the sockets and limits of this host. */
import type { Evidence } from '../../evidence.ts'
import { portCapacity } from '../../local-limits.ts'
import { socketsPerEndpoint } from '../places.ts'
import type { Sign } from '../sign.ts'

/** Of 1. */
const NEARLY_USED = 0.9

/** Signs of this host itself. */
export function hostSigns(evidence: Evidence): Sign[] {
  const capacity = portCapacity(evidence.limits)
  if (capacity === undefined) return []
  return socketsPerEndpoint(evidence).flatMap(([at, states]): Sign[] => {
    const used = Object.values(states).reduce((sum, each) => sum + each, 0)
    const closed = states['TIME-WAIT'] ?? 0
    return [
      ...(used >= capacity * NEARLY_USED
        ? [
            {
              kind: 'few-ports' as const,
              at,
              sentence: `${used} of ${capacity} ports of this host are in use for connections to ${at}`,
            },
          ]
        : []),
      ...(closed >= Math.max(50, capacity / 10)
        ? [
            {
              kind: 'churn' as const,
              at,
              sentence: `${closed} connections to ${at} were closed within the last minute, of ${capacity} possible`,
            },
          ]
        : []),
    ]
  })
}
