import { setMaxListeners } from 'node:events'

/** A signal that aborts with its parent, or by itself. */
export interface LinkedAbort {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  /** Lets go of the parent. To be called when the work is over. */
  release(): void
}

/** Any number of attempts may listen to the new signal; Node 20 warns of a leak at the eleventh otherwise. */
export function linkedAbort(parent?: AbortSignal): LinkedAbort {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  const follow = (): void => controller.abort(parent?.reason)
  if (parent?.aborted) follow()
  else parent?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent?.removeEventListener('abort', follow),
  }
}
