import { rmSync } from 'node:fs'
import type { EngineInfo } from '../../api/local-engine.ts'
import { openFileLimit } from '../../net/serve/file-limit.ts'
import { connectionLimits } from '../http/connections.ts'
import { stillStarting } from '../http/health.ts'
import { LoopbackServer, type Responder } from '../http/server.ts'
import { writeWhole } from '../store/durable-file.ts'
import { systemClock } from '../time/clock.ts'
import type { Identity } from './identity.ts'
import type { Names } from './names.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** The server of the API and of the control routes, and what answers there: at first that the engine is starting. */
export interface Entrance {
  readonly server: LoopbackServer
  respond: Responder
}

/** Listens. A client that calls before {@link openDoor} is told what the engine waits for. */
export async function openEntrance(
  { signatures }: Identity,
  { addresses, reach }: Nodes,
  { opened, port, version }: Start,
): Promise<Entrance> {
  const server = new LoopbackServer({
    isPromising: (head) => signatures.isKeyNamed(head),
    limits: connectionLimits(openFileLimit()),
    later: (milliseconds, act) => systemClock.at(systemClock.now() + milliseconds, act),
  })
  opened.add(() => server.close())
  const entrance: Entrance = { server, respond: stillStarting(version) }
  await server.listen(reach(addresses), port, (head) => entrance.respond(head))
  return entrance
}

/** Where the engine answers; its port is 0 until it does. */
export function infoOf(
  { me }: State,
  { dnsPort }: Names,
  { server: { port } }: Entrance,
  { version, region, stateDir, foreground, logFormat, listen, advertisedHost }: Start,
): EngineInfo {
  const url = `http://127.0.0.1:${port}`
  const more = {
    ...(dnsPort !== undefined && { dnsPort }),
    ...(listen && { listen }),
    ...(advertisedHost !== undefined && { advertisedHost }),
    ...(foreground && { foreground }),
    ...(logFormat && { logFormat }),
  }
  return { ...me, version, url, port, region, stateDir, ...more }
}

/** Lets callers in, and tells where: to those that ask for the directory's holder, and in a file. */
export function openDoor(respond: Responder, entrance: Entrance, names: Names, state: State, start: Start): EngineInfo {
  entrance.respond = respond
  // Before the parts that answers come from.
  start.opened.add(() => entrance.server.close())
  const info = infoOf(state, names, entrance, start)
  const { files, seat, me } = state
  seat.hold({ ...me, url: info.url })
  start.opened.add(() => rmSync(files.info, { force: true }))
  writeWhole(files.info, `${JSON.stringify(info, null, 2)}\n`)
  start.log(`cachectl engine ${info.version} answers at ${info.url}`)
  return info
}
