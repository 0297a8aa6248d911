import { LIMITS } from '../../api/catalog/limits.ts'
import type { ClockReport, ClockRequest } from '../../api/engine-clock.ts'
import { Fault } from '../../api/faults.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type { ControlHandler } from '../http/front-door.ts'
import type { Store } from '../store/store.ts'
import type { ClockReading, EngineClock } from '../time/engine-clock.ts'

/**
 * `cachectl engine clock`: shows the time, moves it, and lets the engine do what falls due on the way.
 * @param settled Settles when nothing is being worked on.
 * @param arrived Does what is to be done once, after a move.
 */
export function clockRoutes(
  clock: EngineClock,
  settled: () => Promise<void>,
  store: Store,
  arrived: () => Promise<void>,
): Record<string, ControlHandler> {
  return {
    [`GET ${CONTROL.clock}`]: () => report(clock.reading()),
    async [`POST ${CONTROL.clock}`](request: ClockRequest) {
      const reading = await clock.travel(targetOf(request), settled)
      await arrived()
      store.forgetEvents(reading.now - LIMITS.eventRetentionMinutes * 60_000)
      return report(reading)
    },
  }
}

const report = ({ now, offset }: ClockReading): ClockReport => ({ now: new Date(now).toISOString(), aheadMs: offset })

function targetOf(request: ClockRequest): (now: number) => number {
  if ('set' in request) return () => Date.parse(request.set)
  if (!(request.advanceMs >= 0)) {
    throw new Fault('InvalidParameterValue', "The engine's clock can be advanced, never turned back.")
  }
  return (now) => now + request.advanceMs
}
