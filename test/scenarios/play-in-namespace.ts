// Run by scenarios.test.ts in namespaces of its own: plays one scenario, given as JSON, and prints the findings. As
// `host <JSON>`: one host of the scenario's world.
import { play } from './scenario.ts'
import { playHost } from './world.ts'

const [what = '', host = ''] = process.argv.slice(2)
if (what === 'host') await playHost(JSON.parse(host))
else {
  const findings = await play(JSON.parse(what))
  process.stdout.write(JSON.stringify(findings), () => process.exit(0))
}
