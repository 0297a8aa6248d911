import { programOf } from '../../nodes/redis/programs.ts'
import type { DataSource, ServerlessCacheRecord } from '../../store/records.ts'
import { runtimeOf } from '../node-runtime.ts'
import { pathOfSource } from '../snapshots/preparation.ts'
import type { LifeTools } from '../workload.ts'
import { versionOf } from './cache.ts'
import { ownFileOf } from './steps.ts'

/** Of a cache that begins with what is in several files, or in such as strangers have written: makes one file of its own of them. */
export async function prepareServerlessData(
  cache: ServerlessCacheRecord,
  sources: readonly DataSource[],
  tools: LifeTools,
): Promise<void> {
  const { region, id, engine } = cache
  const { secret, serverPlaces, directory } = tools.filesOf(`${region}/${id}`)
  await tools.runtime.reshape({
    program: programOf(runtimeOf(cache), engine, versionOf(cache).version, serverPlaces),
    secret,
    directory,
    sources: sources.map((source) => pathOfSource(source, tools)),
    targets: [{ file: tools.snapshotFiles.path(ownFileOf(cache)), slots: [[0, 16_383]] }],
  })
}
