import { Metrics } from '../cloudwatch/metrics.ts'
import type { Identity } from './identity.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** Samples of what nodes do, and alarms over them. */
export function openMetrics(state: State, { runtime }: Nodes, identity: Identity, start: Start): Metrics {
  const { clock: machineClock, log, opened } = start
  const metrics = new Metrics({ ...state, ...identity, machineClock, readings: () => runtime.readings(), log })
  opened.add(() => metrics.recorder.close())
  return metrics
}
