/** What the files of a snapshot tell together, one for each shard. Pure. */
import { type Item, isItems } from './human-value.ts'

const shardsOf = ({ NodeSnapshots }: Item): readonly Item[] => (isItems(NodeSnapshots) ? NodeSnapshots : [])

/** `12 MB` of all of them; undefined: they do not say, or in other units. */
export function snapshotSize(snapshot: Item): string | undefined {
  const sizes = shardsOf(snapshot).map(({ CacheSize }) => /^(\d+) MB$/.exec(String(CacheSize))?.[1])
  if (sizes.length === 0 || sizes.some((size) => size === undefined)) return undefined
  return `${sizes.reduce((sum, size) => sum + Number(size), 0)} MB`
}

/** When the last of them was written; undefined: not all are. */
export function snapshotTime(snapshot: Item): Date | undefined {
  const times = shardsOf(snapshot).map(({ SnapshotCreateTime }) => SnapshotCreateTime)
  const written = times.filter((time) => time instanceof Date)
  if (written.length === 0 || written.length < times.length) return undefined
  return new Date(Math.max(...written.map((time) => time.getTime())))
}
