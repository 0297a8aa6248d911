import type { FaultClearance, FaultRequest } from '../../api/engine-faults.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type { FaultKeeper } from '../faults/keeper.ts'
import type { ControlHandler } from '../front-door.ts'

/** `cachectl engine fault`. */
export function faultRoutes(keeper: FaultKeeper): Record<string, ControlHandler> {
  return {
    [`GET ${CONTROL.faults}`]: () => keeper.list(),
    [`POST ${CONTROL.faults}`]: (request: FaultRequest | FaultClearance) =>
      'clear' in request ? keeper.clear(request) : keeper.inject(request),
  }
}
