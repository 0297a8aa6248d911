// Run by scenarios.test.ts in namespaces of its own: plays one scenario, given as JSON, and prints the findings.
import { play } from './scenario.ts'

const findings = await play(JSON.parse(process.argv[2] ?? ''))
process.stdout.write(JSON.stringify(findings), () => process.exit(0))
