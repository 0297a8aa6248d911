/** The log streams of the local engine that are files of its state directory. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type LogStreamName, type LogType, readLogStreamPath } from '../../../api/local-logs.ts'
import { absence } from '../../problem.ts'

interface Stream extends LogStreamName {
  /** Within the folder. */
  readonly path: string
}

/** Those of a cache cluster, or of all members of a replication group, by their paths. Throws when there are none. */
export function streamsOf(folder: string, name: string, type: LogType | undefined): string[] {
  const all = allStreams(folder).filter((stream) => type === undefined || stream.type === type)
  const wanted = all.filter(({ cluster }) => isOf(name.toLowerCase(), cluster)).map(({ path }) => path)
  if (wanted.length > 0) return wanted.sort()
  const others = [...new Set(all.map(({ cluster }) => cluster))].sort()
  throw absence(
    `There are no log streams of ${name}${type === undefined ? '' : ` of type ${type}`}.`,
    others.length > 0
      ? `There are some of ${others.join(', ')}.`
      : '--log-delivery-configurations of modify-replication-group and create-replication-group has them written.',
  )
}

function allStreams(folder: string): Stream[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    const stream = readLogStreamPath(path)
    return stream ? [{ ...stream, path: join(folder, path) }] : []
  })
}

/** Members of `shop` are called `shop-001`, and with cluster mode enabled `shop-0001-001`. */
const isOf = (name: string, cluster: string): boolean =>
  cluster === name || (cluster.startsWith(`${name}-`) && /^(\d{4}-)?\d{3}$/.test(cluster.slice(name.length + 1)))
