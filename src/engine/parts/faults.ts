import { replacementDelay } from '../lifecycle/pace.ts'
import type { Runner } from '../lifecycle/runner.ts'
import { FaultKeeper } from '../rehearsal/keeper.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** Faults to rehearse with. A node whose program has crashed is one as well. */
export function openFaults(
  { store, clock }: State,
  { fleet, runtime }: Nodes,
  runner: Runner,
  start: Start,
): FaultKeeper {
  const { region: homeRegion, pace, log, opened } = start
  const faults = new FaultKeeper({
    store,
    clock,
    homeRegion,
    settle: (owners) => runner.settle(owners),
    listOf: (node) => fleet.listOf(node),
  })
  opened.add(() => faults.close())
  runtime.onCrash((name, how) => {
    log(`node ${name}: ${how}`)
    const key = fleet.nodeCalled(name)
    fleet.lost([name])
    if (!key || runner.ended(key, how)) return
    const { region, id: cluster, node } = key
    // The same from here on as a rehearsed crash: events, a replacement after a while.
    const durationMs = replacementDelay(pace)
    faults
      .inject({ kind: 'node-crash', region, cluster, node, durationMs })
      .catch((error: Error) => log(`node ${name} is not replaced: ${error.message}`))
  })
  // While the engine shuts down, no node is replaced any more.
  opened.add(() => runtime.onCrash(() => {}))
  return faults
}
