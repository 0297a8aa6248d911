// Run by scenarios.test.ts in namespaces of its own: plays one scenario, given as JSON, and prints what the doctor sees. As
// `host <JSON>`: one host of the scenario's world.
import { play } from './scenario.ts'
import { playHost } from './world.ts'

const [what = '', host = ''] = process.argv.slice(2)
if (what === 'host') await playHost(JSON.parse(host))
else {
  const evidence = await play(JSON.parse(what))
  process.stdout.write(JSON.stringify(evidence), () => process.exit(0))
}
