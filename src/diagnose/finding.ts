/** What a report concludes. Probes never make one; renderers only print it. JSON-able. */
export interface Finding {
  /** Stable, for scripts: `refused`, `family-dead`, `D04`, ... */
  readonly id: string
  /** `failure`: something can't connect. `warning`: it can, and something is wrong. `note`: how to read the rest. */
  readonly severity: 'failure' | 'warning' | 'note'
  /** What it is about: `127.0.0.1:11211`, a name, a family. */
  readonly subject: string
  /** What is so. */
  readonly sentence: string
  /** What to do about it, or where to look next. */
  readonly hint: string
  /** The command in the hint that does it, to be pasted; absent: it is done elsewhere, or by no command. */
  readonly fix?: string
  /** A command that shows the same. */
  readonly evidence?: string
  /** A command that shows whether the fix has helped; absent: the one that shows what is so does. */
  readonly check?: string
  /** Where the knowledge comes from: a section of the guide, an RFC, a measurement. */
  readonly source?: string
  /** What was seen and follows from it. */
  readonly explains?: readonly { readonly kind: string; readonly at: string; readonly sentence: string }[]
  /** What may be so instead, where what was seen does not tell; the command of either decides. */
  readonly rivals?: readonly {
    readonly id: string
    readonly sentence: string
    readonly evidence?: string
    /** What the command told when the doctor ran it. */
    readonly saw?: string
  }[]
}
