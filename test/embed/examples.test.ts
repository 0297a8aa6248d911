import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { isInstalled, run } from '../support/programs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A project that has an example's files, the package, and what the example uses besides. */
function projectOf(example: string, packages: readonly string[] = []): string {
  const project = mkdtempSync(join(tmpdir(), 'embedded-'))
  onTestFinished(() => rmSync(project, { recursive: true, force: true }))
  cpSync(join(root, 'test', 'embed', 'examples', example), project, { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(project, 'node_modules', '@aws-sdk'), { recursive: true })
  symlinkSync(root, join(project, 'node_modules', 'cachectl'))
  for (const name of packages) symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
  return project
}

const inProject = (project: string, words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, words, { cwd: project, env: { ...process.env, ...env }, timeoutMs: 60_000 })

test('a project with vitest has an engine for the run, and others for single tests', { timeout: 90_000 }, async () => {
  const project = projectOf('vitest', ['vitest', '@aws-sdk/client-elasticache'])
  const { code, stdout, stderr } = await inProject(project, ['node_modules/vitest/vitest.mjs', 'run'])
  expect(code, `${stdout}\n${stderr}`).toBe(0)
  expect(stdout).toContain('2 passed')
})

test('its types are those of the package', { timeout: 60_000 }, async () => {
  const project = projectOf('vitest', ['vitest', '@aws-sdk/client-elasticache', '@types'])
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--lib',
    'esnext',
    '--skipLibCheck',
  ]
  const { code, stdout } = await inProject(project, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    ...options,
    'cache.example.ts',
  ])
  expect(stdout).toBe('')
  expect(code).toBe(0)
})

const hasPytest = await run('python3', ['-c', 'import pytest, boto3']).then(
  ({ code }) => code === 0,
  () => false,
)

test.skipIf(!hasPytest)('a project with pytest has one as a fixture', { timeout: 90_000 }, async () => {
  const project = projectOf('pytest')
  const bin = join(project, 'bin')
  mkdirSync(bin)
  symlinkSync(join(root, 'bin', 'run.js'), join(bin, 'cachectl'))
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` }
  const { code, stdout } = await run('python3', ['-m', 'pytest', '-q', project], { env, timeoutMs: 60_000 })
  expect(stdout).toContain('1 passed')
  expect(code).toBe(0)
})

test('a CommonJS project has one by require', { timeout: 60_000 }, async () => {
  const project = projectOf('vitest')
  writeFileSync(
    join(project, 'program.cjs'),
    `require('cachectl').startEngine().then(async (engine) => { console.log(engine.url); await engine.stop() })`,
  )
  const { code, stdout, stderr } = await inProject(project, ['program.cjs'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^http:/)
})

const hasJava = isInstalled('javac', '-version')

test.skipIf(!hasJava)('a Java project has one for as long as it is open', { timeout: 120_000 }, async () => {
  const project = projectOf('junit')
  const bin = join(project, 'bin')
  mkdirSync(bin)
  symlinkSync(join(root, 'bin', 'run.js'), join(bin, 'cachectl'))
  writeFileSync(
    join(project, 'Program.java'),
    `public class Program {
      public static void main(String[] words) throws Exception {
        try (var elasticache = new LocalElastiCache()) {
          System.out.println(elasticache.environment().get("AWS_ENDPOINT_URL_ELASTICACHE"));
          System.out.print(elasticache.cachectl("engine", "status", "--output", "json"));
        }
      }
    }`,
  )
  const options = { cwd: project, timeoutMs: 60_000 }
  expect(await run('javac', ['Program.java'], options)).toMatchObject({ code: 0 })
  const temporary = `-Djava.io.tmpdir=${bin}`
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  const { code, stdout } = await run('java', [temporary, 'Program'], { ...options, env })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^http:.*\n/)
  expect(readdirSync(bin)).toEqual(['cachectl'])
})
