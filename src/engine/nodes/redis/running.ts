import { join } from 'node:path'
import type { NodeHost, RunningNode } from '../running.ts'
import type { LiveSettings, NodeSpec } from '../runtime.ts'
import { RedisNode } from './node.ts'
import type { RedisLive, RedisProgram, RedisSpec } from './spec.ts'

type Program = 'redis-process' | 'embedded-redis'
type Spec = NodeSpec<Program>

/** Starts a server, or takes over the one that runs as `spec` says, and lets the worker deal with it as with any node. */
export async function startRedis(
  spec: Spec,
  program: RedisProgram,
  { checkLogin }: NodeHost,
): Promise<RunningNode<Program>> {
  const node = await RedisNode.start(redisSpecOf(spec, program), { tls: spec.tls, ingress: spec.ingress, checkLogin })
  return {
    listen: (address) => node.listen(address),
    unlisten: (address) => node.unlisten(address),
    allow: (rules) => node.allow(rules),
    adjust: (live) => node.adjust(withMemory(live)),
    impair: (impairment) => node.impair(impairment),
    renewCertificate: (pem) => node.renewCertificate(pem),
    status: () => node.status(),
    moveSlots: (move) => node.moveSlots(move),
    counters: () => node.counters(),
    reading: () => node.reading(spec.threads),
    items: { dump: (file) => node.save(file) },
    onEnd: (listener) => node.onEnd((how) => listener(`its server ended (${how})`)),
    stop: () => node.stop(),
    leave: () => node.leave(),
  }
}

function redisSpecOf({ port, incarnation, files, memoryLimit, live, ...spec }: Spec, program: RedisProgram): RedisSpec {
  const { innerPort, announce, nodeId, fixed, renamed, rdb, service } = spec
  return {
    port,
    innerPort,
    announce,
    ...(nodeId !== undefined && { nodeId }),
    incarnation,
    program,
    directory: files.directory,
    secret: files.secret,
    fixed,
    ...(service && { service }),
    ...(renamed && { renamed }),
    ...(rdb !== undefined && { rdb: join(files.snapshots, rdb) }),
    logs: files.logs,
    live: withMemory({ ...live, memoryLimit }),
  }
}

/** The limit is a directive to the server, and can change while it runs. */
function withMemory({ memoryLimit, ...live }: LiveSettings<Program>): RedisLive {
  return { ...live, directives: { ...live.directives, maxmemory: String(Math.floor(memoryLimit)) } }
}
