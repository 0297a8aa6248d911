/** What the state directory holds cannot be used as it is; nothing in it has been touched. */
export class StateUnusable extends Error {
  readonly hint: string
  /** Whether `engine start --recover` has an answer to it. */
  readonly canRecover: boolean
  constructor(message: string, hint: string, canRecover = false) {
    super(message)
    this.hint = hint
    this.canRecover = canRecover
  }
}

/** Why a state file can't be read, with the way to save what can be saved. */
export const damaged = (path: string, why: string): StateUnusable =>
  new StateUnusable(
    `The state in ${path} cannot be read: ${why}. It has been left as it is.`,
    'To go on with what can be saved, and keep a copy: cachectl engine start --recover. Or bring back a copy of your own, or use another --state-dir.',
    true,
  )
