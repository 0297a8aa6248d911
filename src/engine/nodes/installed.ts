/** A server that is installed on this machine. */
export interface InstalledProgram {
  /** `1.6.18` */
  readonly version: string
}

/** Why there are no real nodes here, and what helps. */
export class NotInstalled extends Error {
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}
