/** What shows at the API, in the engine behind it, and in the clocks of both sides. */
import type { Evidence } from '../../evidence.ts'
import { CLOCK_OFF_MS, clockAheadMs, type FailedCall, type ServiceEvidence } from '../../service.ts'
import { duration } from '../durations.ts'
import type { Sign, SignKind } from '../sign.ts'

/** Signs of the API; none where it was not asked. */
export function serviceSigns({ service }: Evidence): Sign[] {
  if (!service) return []
  const ahead = clockAheadMs(service) ?? 0
  return [
    ...engineSigns(service),
    ...(service.failed ? [failedSign(service, service.failed)] : []),
    ...(Math.abs(ahead) > CLOCK_OFF_MS
      ? [
          {
            kind: 'clock-off' as const,
            at: 'this host',
            sentence: `the clock of this host is ${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} the API's`,
          },
        ]
      : []),
  ]
}

/** How the API is called; without a region it has no URL. */
export const apiAt = ({ url }: ServiceEvidence): string => url ?? 'the API'

function failedSign(service: ServiceEvidence, failed: FailedCall): Sign {
  const { operation, code, message, answered, foreignStatus } = failed
  const at = apiAt(service)
  if (foreignStatus !== undefined)
    return { kind: 'api-out', at, sentence: `${operation} got a page with HTTP status ${foreignStatus}` }
  return answered
    ? { kind: 'api-refuses', at, sentence: `${at} refuses ${operation}${code === undefined ? '' : ` (${code})`}` }
    : { kind: 'api-out', at, sentence: `${operation} got no answer: ${message}` }
}

const ENGINE_SIGNS: Readonly<Record<string, readonly [SignKind, string]>> = {
  stopped: ['engine-held', 'is held by a signal'],
  gone: ['engine-gone', 'has left its name behind, and is gone'],
  starting: ['engine-starting', 'is starting'],
}

function engineSigns({ engine, look }: ServiceEvidence): Sign[] {
  if (!engine) return []
  const state = engine.state === 'running' && look?.health?.status === 'starting' ? 'starting' : engine.state
  const [kind, words] = ENGINE_SIGNS[state] ?? []
  return kind === undefined
    ? []
    : [{ kind, at: engineAt(engine), sentence: `the engine with pid ${engine.pid} ${words}` }]
}

export const engineAt = ({ pid }: NonNullable<ServiceEvidence['engine']>): string => `engine (${pid})`
