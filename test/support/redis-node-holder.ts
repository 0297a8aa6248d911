/** An engine's process, as far as one server is concerned: starts it, says so, and waits to be killed. */
import { RedisNode } from '../../src/engine/nodes/redis/node.ts'
import type { RedisSpec } from '../../src/engine/nodes/redis/spec.ts'

const spec = JSON.parse(process.argv[2] ?? '') as RedisSpec // the test wrote it
const { pid } = await RedisNode.start(spec, { tls: null, ingress: [] })
process.stdout.write(`${pid}\n`)
setInterval(() => undefined, 1000)
