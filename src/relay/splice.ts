import type { Socket } from 'node:net'

/**
 * Joins two connections that were both made with `allowHalfOpen`. A side that reads slowly slows the other down, the
 * end of one direction is passed on while the other goes on, and a reset on one side is a reset on the other.
 * `done` is called once, when both are gone.
 */
export function splice(client: Socket, backend: Socket, done: (outcome: 'closed' | 'reset') => void): void {
  let outcome: 'closed' | 'reset' = 'closed'
  let left = 2
  const pair = [
    [client, backend],
    [backend, client],
  ] as const
  for (const [from, to] of pair) {
    // pipe() waits for a full buffer to drain, and ends the other side when this one has ended.
    from.pipe(to)
    from.on('error', () => {
      outcome = 'reset'
      reset(to)
    })
    from.once('close', () => {
      // Closed without having ended: destroyed from here, or by a peer that is gone.
      if (!from.readableEnded) {
        outcome = 'reset'
        reset(to)
      }
      if (--left === 0) done(outcome)
    })
  }
}

/** Ends a connection so that its peer sees that something went wrong. */
export function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy()
}
