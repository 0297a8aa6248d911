import { RedisProcess } from './process.ts'
import type { Server } from './server.ts'
import type { RedisSpec } from './spec.ts'

/**
 * Takes over the server that runs as `spec` says, or starts one. Resolves when it answers and has loaded its data.
 * @throws CannotRun in the server's own words; EADDRINUSE; SERVER_ENDED.
 */
export async function startServer(spec: RedisSpec): Promise<Server> {
  if (spec.program.path !== undefined) return RedisProcess.start(spec)
  // Loaded where there is one: it is large.
  const { EmbeddedServer } = await import('./embedded-server.ts')
  return EmbeddedServer.start(spec)
}
