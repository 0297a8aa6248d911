/** What ACL LOG tells: who was refused what. */
export interface LogEntry {
  readonly id: number
  readonly reason: 'command' | 'key' | 'channel' | 'auth'
  readonly context: 'toplevel' | 'multi' | 'lua'
  readonly object: string
  readonly user: string
  readonly createdAt: number
  count: number
  updatedAt: number
  clientLine: string
}

/** The same again within this time is counted, not told twice. */
const GROUPED_MS = 60_000

export class AclLog {
  entries: LogEntry[] = []
  #lastId = 0

  /** @param most `acllog-max-len` */
  add(entry: Pick<LogEntry, 'reason' | 'context' | 'object' | 'user' | 'clientLine'>, now: number, most: number): void {
    const same = this.entries.find(
      ({ reason, context, object, user, updatedAt }) =>
        reason === entry.reason &&
        context === entry.context &&
        object === entry.object &&
        user === entry.user &&
        now - updatedAt <= GROUPED_MS,
    )
    if (same !== undefined) {
      same.count++
      same.updatedAt = now
      same.clientLine = entry.clientLine
      this.entries = [same, ...this.entries.filter((each) => each !== same)]
      return
    }
    this.entries = [{ ...entry, id: this.#lastId++, createdAt: now, updatedAt: now, count: 1 }, ...this.entries]
    if (this.entries.length > most) this.entries.length = most
  }
}
