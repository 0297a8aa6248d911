import { Fault } from '../../api/faults.ts'
import { isFull } from './disk-full.ts'
import { StateGone } from './store.ts'

/**
 * What the caller of an API is told whose change could not be kept; undefined for an error of another kind. Words of our own:
 * AWS has no disk that could be full.
 */
export function unkept(error: unknown): Fault | undefined {
  if (isFull(error)) {
    return new Fault('InternalFailure', 'The disk of the state directory is full; nothing has changed.')
  }
  if (error instanceof StateGone) {
    return new Fault('InternalFailure', 'The state directory is gone; nothing has changed, and the engine ends.')
  }
  return undefined
}
