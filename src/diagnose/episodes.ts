/** What comes and goes from look to look. Pure. */
import type { Finding } from './finding.ts'

/** One trouble, through all looks at it. JSON-able. */
export interface Episode {
  readonly id: string
  readonly subject: string
  /** Of the look that saw it last. */
  readonly sentence: string
  readonly severity: Finding['severity']
  /** ISO 8601: the look that saw it first, this time. */
  readonly since: string
  /** The look that did not see it any more; absent while it lasts. */
  readonly over?: string
  /** How many looks saw it, this time. */
  readonly seen: number
  /** Which time it is. */
  readonly times: number
}

export interface Course {
  readonly looks: number
  readonly episodes: readonly Episode[]
}

export const NO_COURSE: Course = { looks: 0, episodes: [] }

const keyOf = ({ id, subject }: Pick<Episode, 'id' | 'subject'>): string => `${id} ${subject}`

/** The course with one more look, and what has begun or ended in it. `at`: ISO 8601. Notes are no trouble. */
export function nextLook(
  { looks, episodes }: Course,
  at: string,
  findings: readonly Finding[],
): { readonly course: Course; readonly changes: readonly Episode[] } {
  const before = new Map(episodes.map((each) => [keyOf(each), each]))
  const troubles = findings.filter(({ severity }) => severity !== 'note')
  const there = [...new Map(troubles.map((each) => [keyOf(each), each])).values()].map((finding) =>
    goingOn(before.get(keyOf(finding)), finding, at),
  )
  const now = new Set(there.map(keyOf))
  const away = episodes.filter((each) => !now.has(keyOf(each))).map((each) => ({ over: at, ...each }))
  const begun = there.filter(({ since }) => since === at)
  const ended = away.filter(({ over }) => over === at)
  return { course: { looks: looks + 1, episodes: [...there, ...away] }, changes: [...ended, ...begun] }
}

function goingOn(known: Episode | undefined, { id, subject, sentence, severity }: Finding, at: string): Episode {
  const told = { id, subject, sentence, severity }
  if (known && known.over === undefined)
    return { ...told, since: known.since, seen: known.seen + 1, times: known.times }
  return { ...told, since: at, seen: 1, times: (known?.times ?? 0) + 1 }
}
