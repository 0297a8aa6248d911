import type { EngineCredentials, EngineInfo, EngineStatus, Recovery } from '../api/local-engine.ts'
import { answerApi } from './api.ts'
import { controlRoutes } from './control/routes.ts'
import { reportStatus } from './control/status.ts'
import { frontDoor } from './http/front-door.ts'
import { healthAnswer } from './http/health.ts'
import { Wakes } from './lifecycle/wakes.ts'
import { openCalls } from './parts/calls.ts'
import { openFaults } from './parts/faults.ts'
import { openIdentity } from './parts/identity.ts'
import { openLives } from './parts/lives.ts'
import { openLogins } from './parts/logins.ts'
import { openMetrics } from './parts/metrics.ts'
import { openNames } from './parts/names.ts'
import { openNodes } from './parts/nodes.ts'
import { openNotifications } from './parts/notifications.ts'
import { openToOthers } from './parts/others.ts'
import { infoOf, openDoor, openEntrance } from './parts/server.ts'
import { begin, type StartOptions } from './parts/start.ts'
import { openState } from './parts/state.ts'

export interface Engine {
  readonly info: EngineInfo
  readonly credentials: EngineCredentials
  /** What became of a state that was damaged, where that was to be saved. */
  readonly recovery: Recovery | undefined
  status(): Promise<EngineStatus>
  close(): Promise<void>
}

/**
 * Opens the state directory, brings back every cluster that is recorded there, and then answers the API. Each part knows those
 * before it only; they are closed in the opposite order, also when the start fails. Rejects with StateDirectoryHeld, or with the
 * system's error when the port is taken.
 */
export async function startEngine(options: StartOptions): Promise<Engine> {
  const start = begin(options)
  const { opened, log } = start
  try {
    const state = await openState(start)
    const wakes = new Wakes()
    openToOthers(state, start)
    const nodes = await openNodes(state, wakes, start)
    const names = await openNames(state, nodes, start)
    const notifications = openNotifications(state, start)
    const identity = openIdentity(state, start)
    const entrance = await openEntrance(identity, nodes, start)
    openLogins(state, nodes, identity, start)
    const runner = openLives(state, nodes, wakes, start)
    const metrics = openMetrics(state, nodes, identity, start)
    const faults = openFaults(state, nodes, runner, start)
    const calls = openCalls(state, nodes, identity, wakes, faults, start)
    const status = () =>
      reportStatus({ info: infoOf(state, names, entrance, start), pace: start.pace, ...state, ...nodes })
    const respond = frontDoor({
      api: (head) => healthAnswer(head, start.version) ?? metrics.answer(head) ?? answerApi(head, calls),
      control: controlRoutes({
        ...state,
        ...nodes,
        ...identity,
        ...calls,
        ...metrics,
        runner,
        faults,
        notifications,
        names,
        status,
      }),
      controlToken: identity.credentials.controlToken,
      ...((start.listen || start.advertisedHost !== undefined) && { beyondLoopback: { host: start.advertisedHost } }),
    })
    // Before the door opens: a cluster that says available answers.
    faults.resume()
    await runner.resume()
    const info = openDoor(respond, entrance, names, state, start)
    // The first thing at the end: what is closed then may wait for nodes.
    opened.add(() => nodes.runtime.expectEnd())
    const { credentials } = identity
    return { info, credentials, recovery: state.recovery, status, close: () => opened.close() }
  } catch (error) {
    await opened
      .close()
      .catch((also: Error) => log(`not all that the failed start had opened could be closed: ${also.message}`))
    throw error
  }
}
