/** A doctor that runs on, for people. */
import type { Episode } from '../../diagnose/episodes.ts'
import type { Style } from './style.ts'

export interface WatchLook {
  /** ISO 8601. */
  readonly at: string
  readonly healthy: boolean
  readonly looks: number
  readonly changes: readonly Episode[]
}

/** A line for each trouble that has begun or is over, and one where all is well. Pure. */
export function watchText(
  { at, healthy, changes }: WatchLook,
  { good, bad, busy }: Pick<Style, 'good' | 'bad' | 'busy'>,
): string {
  const time = at.slice(11, 19)
  const lines = changes.map((each) => {
    if (each.over !== undefined) return `${time} ${good('Over:')} ${each.sentence} [${each.id}] ${courseOf(each)}`
    const mark = each.severity === 'failure' ? bad : busy
    return `${time} ${mark('Cause:')} ${each.sentence} [${each.id}]${each.times > 1 ? ` Time ${each.times}.` : ''}`
  })
  return [...lines, ...(healthy ? [`${time} ${good('Healthy.')}`] : [])].join('\n')
}

/** `Since 10:02:03, for 3 min 8 s, in 12 looks; time 2.` */
function courseOf({ since, over = since, seen, times }: Episode): string {
  const seconds = Math.round((Date.parse(over) - Date.parse(since)) / 1000)
  const minutes = Math.floor(seconds / 60)
  const long = minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
  return `Since ${since.slice(11, 19)}, for ${long}, in ${seen} ${seen === 1 ? 'look' : 'looks'}${times > 1 ? `; time ${times}` : ''}.`
}
