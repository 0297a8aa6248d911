import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../src/diagnose/finding.ts'
import { rules } from '../../src/diagnose/rules/index.ts'
import { play, type Scenario } from './scenario.ts'

const run = promisify(execFile)
const read = (name: string): Scenario[] => JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8'))
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
const canMakeNamespaces = (() => {
  try {
    execFileSync('unshare', ['-rnm', 'sh', '-c', 'ip link set lo up && ip link add v0 type veth peer name v1'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
})()

const HERE = { ipv6: hasIPv6, linux: process.platform === 'linux' }
const isPlayable = ({ needs = [], namespace }: Scenario): boolean =>
  needs.every((need) => HERE[need]) && (namespace === undefined || canMakeNamespaces)

async function playInNamespace(scenario: Scenario): Promise<Finding[]> {
  const script = fileURLToPath(new URL('./play-in-namespace.ts', import.meta.url))
  const steps = [...(scenario.namespace ?? []), 'exec "$0" --import tsx "$1" "$2"']
  const { stdout } = await run('unshare', [
    '-rnm',
    'sh',
    '-c',
    steps.join(' && '),
    process.execPath,
    script,
    JSON.stringify(scenario),
  ])
  return JSON.parse(stdout)
}

for (const file of ['healthy', 'dns', 'service', 'discovery', 'host']) {
  describe(`the doctor is right about ${file}`, { concurrent: true }, () => {
    for (const scenario of read(file)) {
      const said = scenario.first === null ? 'nothing to complain of' : `${scenario.first} first`
      test.skipIf(!isPlayable(scenario))(`${scenario.name}: ${said}`, async () => {
        const findings = scenario.namespace ? await playInNamespace(scenario) : await play(scenario)
        const problems = findings.filter(({ severity }) => severity !== 'note')
        const told = problems.map(({ id, sentence }) => `${id} ${sentence}`).join('\n')
        if (scenario.first === null) expect(told).toBe('')
        else expect(problems[0]?.id, told).toBe(scenario.first)
      })
    }
  })
}

test('every rule has a stable id of its own', () => {
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
})
