/** What bytes of a file or a dump can't be that were written by a server. */
export class Damaged extends Error {
  override readonly name: string = 'Damaged'

  /** @param what What is damaged, or not understood. */
  constructor(what: string) {
    // No trace: a client can make as many of these as it likes.
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(what)
    Error.stackTraceLimit = limit
  }
}
