/** The recipes of the README, as they stand there. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { bareEnvironment } from '../cli/support/cli.ts'
import { isInstalled, run } from '../support/programs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The first block of code in this form under a heading, or the one that holds a text. */
function recipe(form: string, holding: string): string {
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const [, , text = ''] = blocks.find(([, each, code = '']) => each === form && code.includes(holding)) ?? []
  return text
}

/** Where the package is installed: `cachectl` is in PATH. */
function workplace() {
  const folder = mkdtempSync(join(tmpdir(), 'recipe-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  symlinkSync(join(root, 'bin', 'run.js'), join(bin, 'cachectl'))
  const env: NodeJS.ProcessEnv = {
    ...bareEnvironment(),
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    CACHECTL_HOME: join(folder, 'state'),
    GITHUB_ENV: join(folder, 'github-env'),
  }
  const shell = (script: string, more: NodeJS.ProcessEnv = {}) =>
    run('bash', ['-eo', 'pipefail', '-c', script], { cwd: folder, env: { ...env, ...more }, timeoutMs: 120_000 })
  onTestFinished(async () => {
    await shell('cachectl engine stop')
    rmSync(folder, { recursive: true, force: true })
  })
  return { folder, shell }
}

/** Runs steps as a runner does: each in a shell of its own, with the variables that those before it have left. */
async function runSteps(steps: readonly { run: string }[], { folder, shell }: ReturnType<typeof workplace>) {
  const left: Record<string, string> = {}
  for (const step of steps) {
    // Installed as the tests of the package do it; and its usual port is for the user of this machine.
    if (step.run.startsWith('npm install')) continue
    const { code, stderr } = await shell(step.run.replace('engine start', 'engine start --port 0'), left)
    expect({ run: step.run, code, stderr }).toMatchObject({ code: 0 })
    for (const line of readFileSync(join(folder, 'github-env'), { encoding: 'utf8', flag: 'a+' }).split('\n')) {
      const [, name, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
      if (name !== undefined) left[name] = value
    }
  }
  return left
}

describe.skipIf(!isInstalled('bash'))('a workflow', () => {
  test('has a cache, where it is, and a verdict', { timeout: 120_000 }, async () => {
    const place = workplace()
    const left = await runSteps(parse(recipe('yaml', 'engine start')), place)
    expect(left.SHOP_SERVERS).toMatch(/^\S+:\d+,\S+:\d+$/)
    expect(left.AWS_ENDPOINT_URL_ELASTICACHE).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(readFileSync(join(place.folder, 'doctor.xml'), 'utf8')).toContain('failures="0"')
  })

  test('has an engine by the action', { timeout: 120_000 }, async () => {
    const place = workplace()
    const { runs } = parse(recipe('yaml', 'using: composite'))
    const left = await runSteps(runs.steps, place)
    expect(await place.shell('cachectl describe-cache-clusters', left)).toMatchObject({ code: 0 })
  })
})

const hasNamespaces = isInstalled('unshare') && (await run('unshare', ['-rn', 'true'])).code === 0

test.skipIf(!hasNamespaces)('the container gets healthy, and ends at SIGTERM', { timeout: 120_000 }, async () => {
  const dockerfile = recipe('dockerfile', 'HEALTHCHECK')
  const wordsOf = (instruction: string): string[] => {
    const [, words = '[]'] = new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(dockerfile) ?? []
    return JSON.parse(words)
  }
  const quoted = (words: readonly string[]) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const { shell } = workplace()
  // A network of its own, as a container has one: the usual ports are free there, and nobody else reaches them.
  const inside = `ip link set lo up
    ${quoted(wordsOf('CMD'))} >log 2>warnings & engine=$!
    for ((tries = 0; tries < 300; tries++)); do
      if ${quoted(wordsOf('HEALTHCHECK CMD'))}; then kill -TERM $engine; wait $engine; exit; fi
      sleep 0.2
    done
    cat log warnings; exit 7`
  const { code, stdout } = await shell(`unshare -rn bash -c ${quoted([inside])} && cat warnings`)
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('other machines reach this engine'),
  })
})

test.skipIf(!isInstalled('systemd-analyze'))('the unit is one that systemd takes', async () => {
  const { folder, shell } = workplace()
  writeFileSync(join(folder, 'cachectl.service'), recipe('ini', 'ExecStart'))
  expect(await shell('XDG_RUNTIME_DIR=$PWD systemd-analyze verify --user ./cachectl.service')).toMatchObject({
    code: 0,
    stderr: '',
  })
})
