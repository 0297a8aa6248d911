import { Runner } from '../lifecycle/runner.ts'
import type { Wakes } from '../lifecycle/wakes.ts'
import { SnapshotFiles } from '../store/snapshot-files.ts'
import { errandsOf, livesOf } from '../workloads/all.ts'
import type { LifeTools } from '../workloads/workload.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** What carries records from step to step, nodes that have ended by themselves included. */
export function openLives({ store, clock, files }: State, nodes: Nodes, wakes: Wakes, start: Start): Runner {
  const { runtime, nodeRuntimes, fleet, ports } = nodes
  const { pace, random, serverlessPort, log, opened } = start
  const snapshotFiles = new SnapshotFiles(files.snapshots, files.buckets)
  const { wake } = wakes
  const tools: LifeTools = {
    store,
    clock,
    runtime,
    ports,
    serverlessPort,
    snapshotFiles,
    filesOf: (name) => nodeRuntimes.filesOf(name),
    wake,
    pace,
    random,
    log,
  }
  const runner = new Runner({ store, clock, fleet, lives: livesOf(tools), errands: errandsOf(tools), log })
  opened.add(() => runner.close())
  wakes.listen((kind, region, id) => void runner.kick(kind, region, id))
  runtime.onSilent((names, isBack) => {
    const what = isBack ? 'answers again' : 'does not answer'
    log(`a worker thread ${what}, and with it its nodes: ${names.join(', ')}`)
  })
  runtime.onLost((names, why) => {
    log(`a worker thread ended; starting its nodes again: ${names.join(', ')}: ${why}`)
    runner.lost(fleet.lost(names), why)
  })
  return runner
}
