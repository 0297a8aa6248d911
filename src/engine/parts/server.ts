import { rmSync } from 'node:fs'
import type { EngineInfo } from '../../api/local-engine.ts'
import { openFileLimit } from '../../net/serve/file-limit.ts'
import { connectionLimits } from '../http/connections.ts'
import { LoopbackServer, type Responder } from '../http/server.ts'
import { writeWhole } from '../store/durable-file.ts'
import { systemClock } from '../time/clock.ts'
import type { Identity } from './identity.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** The server of the API and of the control routes. No request gets in before {@link openDoor}. */
export function openServer({ signatures }: Identity, { opened }: Start): LoopbackServer {
  const server = new LoopbackServer({
    isPromising: (head) => signatures.isKeyNamed(head),
    limits: connectionLimits(openFileLimit()),
    later: (milliseconds, act) => systemClock.at(systemClock.now() + milliseconds, act),
  })
  opened.add(() => server.close())
  return server
}

/** Where the engine answers; its port is 0 until it does. */
export function infoOf({ me }: State, { port }: LoopbackServer, { version, region, stateDir }: Start): EngineInfo {
  return { ...me, version, url: `http://127.0.0.1:${port}`, port, region, stateDir }
}

/** Lets callers in, and tells where: to those that ask for the directory's holder, and in a file. */
export async function openDoor(
  respond: Responder,
  server: LoopbackServer,
  state: State,
  { addresses }: Nodes,
  start: Start,
): Promise<EngineInfo> {
  await server.listen(addresses, start.port, respond)
  const info = infoOf(state, server, start)
  const { files, seat, me } = state
  seat.hold({ ...me, url: info.url })
  start.opened.add(() => rmSync(files.info, { force: true }))
  writeWhole(files.info, `${JSON.stringify(info, null, 2)}\n`)
  start.log(`cachectl engine ${info.version} answers at ${info.url}`)
  return info
}
