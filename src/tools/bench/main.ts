/** `npm run bench [-- start-up|control-plane|many-clusters|node|node-memory|redis] [-- --quick]`: ratios against peers in the same run; never part of the tests. */
import { benchControlPlane } from './control-plane.ts'
import { benchManyClusters } from './many-clusters.ts'
import { benchNode } from './node.ts'
import { benchNodeMemory } from './node-memory.ts'
import { benchRedis } from './redis.ts'
import { benchStartUp } from './start-up.ts'

const BENCHMARKS: Readonly<Record<string, (quick: boolean) => Promise<void>>> = {
  'start-up': benchStartUp,
  'control-plane': benchControlPlane,
  'many-clusters': benchManyClusters,
  node: benchNode,
  'node-memory': benchNodeMemory,
  redis: benchRedis,
}

const QUICK = '--quick'
const words = process.argv.slice(2)
const wanted = words.filter((word) => word !== QUICK)
const unknown = wanted.filter((name) => !BENCHMARKS[name])
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}. There are: ${Object.keys(BENCHMARKS).join(', ')}.`)
  process.exit(2)
}
for (const [name, bench] of Object.entries(BENCHMARKS))
  if (wanted.length === 0 || wanted.includes(name)) await bench(words.includes(QUICK))
