/** `npm run bench [-- start-up|control-plane]`: ratios against peers in the same run; never part of the tests. */
import { benchControlPlane } from './control-plane.ts'
import { benchStartUp } from './start-up.ts'

const BENCHMARKS: Readonly<Record<string, () => Promise<void>>> = {
  'start-up': benchStartUp,
  'control-plane': benchControlPlane,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !BENCHMARKS[name])
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}. There are: ${Object.keys(BENCHMARKS).join(', ')}.`)
  process.exit(2)
}
for (const [name, bench] of Object.entries(BENCHMARKS)) if (wanted.length === 0 || wanted.includes(name)) await bench()
