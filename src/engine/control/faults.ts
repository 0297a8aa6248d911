import type { FaultClearance, FaultRequest } from '../../api/engine-faults.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type { ControlHandler } from '../http/front-door.ts'
import type { FaultKeeper } from '../rehearsal/keeper.ts'

/** `cachectl engine fault`. */
export function faultRoutes(keeper: FaultKeeper): Record<string, ControlHandler> {
  return {
    [`GET ${CONTROL.faults}`]: () => keeper.list(),
    [`POST ${CONTROL.faults}`]: (request: FaultRequest | FaultClearance) =>
      'clear' in request ? keeper.clear(request) : keeper.inject(request),
  }
}
