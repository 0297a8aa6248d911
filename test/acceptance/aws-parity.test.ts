/** The same command lines by `aws` and by cachectl, against the same engine: the same bytes and exit codes. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runLine } from '../../src/cli/dispatch.ts'
import { startTestEngine, type TestEngine, temporaryDirectory } from '../support/engine.ts'
import { isInstalled, type Outcome } from '../support/programs.ts'
import { createdCache } from '../support/serverless.ts'
import { acceptedDifferences } from './accepted-differences.ts'
import { changes, files, readings } from './corpus.ts'

const python = pythonOfAws()

/** The interpreter that runs `aws`, if both are there. */
function pythonOfAws(): string | undefined {
  if (!isInstalled('aws')) return undefined
  const script = 'import awscli.clidriver, sys; print(sys.executable)'
  const { status, stdout } = spawnSync('python3', ['-c', script], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** As a shell takes a line apart: quotes, and backslashes in double quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:[^\s'"]|'[^']*'|"(?:\\.|[^"\\])*")+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, (_, single?: string, double?: string) => {
      return single ?? (double ?? '').replace(/\\([`"\\$])/g, '$1')
    }),
  )
}

type Run = (line: string) => Promise<Outcome>

function awsRunner(
  environment: Record<string, string>,
  me: string,
  directory: string,
): { run: Run; child: ChildProcess } {
  const driver = new URL('aws-driver.py', import.meta.url).pathname
  const child = spawn(python as string, [driver], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: ((outcome: Outcome) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line) as Outcome))
  return {
    child,
    run: (line) =>
      new Promise((resolve) => {
        waiting.push(resolve)
        child.stdin.write(`${JSON.stringify({ argv: filled(line, me, directory), env: environment })}\n`)
      }),
  }
}

/** In this process, whose streams nobody else writes to meanwhile. */
function ourRunner(me: string, directory: string): Run {
  return async (line) => {
    const written = { stdout: '', stderr: '' }
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        written[stream] += String(text)
        return true
      }),
    )
    const code = await runLine(filled(line, me, directory))
    for (const spy of spies) spy.mockRestore()
    return { ...written, code }
  }
}

const filled = (line: string, me: string, directory: string): string[] =>
  wordsOf(line.replaceAll('{me}', me).replaceAll('{files}', directory))

function writeFiles(me: string, directory: string): string {
  mkdirSync(directory, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text.replaceAll('{me}', me))
  return directory
}

/** What every run makes anew: names of what the two programs create, ports, zones, windows and times. */
const leveled = (text: string): string =>
  text
    .replace(/\b(new\d)-[ac]\b/g, '$1-x')
    // One in a thousand times has no fraction, and the table around it other widths.
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|\+00:00)/g, 'TIME')
    .replace(/^(?=[|+-]).*$/gm, (line) => line.replace(/ +/g, ' ').replace(/-+/g, '-'))
    .replace(/\b(Port"?:? *\|? *)\d{4,5}\b/g, '$1PORT')
    .replace(/\b(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d/g, 'day:00:00')
    .replace(/\b\d\d:\d\d\b/g, '00:00')
    .replace(/\b(us-west-2)[a-d]\b/g, '$1x')
    .replace(/^((?:CONFIGURATION|READER)?ENDPOINT\t.*\t)\d+$/gm, '$1PORT')

/** aws-cli v1's codes are 0, 2 and 255; v2 tells usage (252), configuration (253) and service errors (254) apart. */
function codeOfV2({ code, stderr }: Outcome): number {
  if (code === 2) return 252
  if (code !== 255) return code
  if (/An error occurred \(\w+(\.\w+)*\) when calling/.test(stderr)) return 254
  if (/You must specify a region|Unable to locate credentials/.test(stderr)) return 253
  return /Parameter validation failed|Error parsing parameter|Unknown options|Bad value for|invalid literal/.test(
    stderr,
  )
    ? 252
    : 255
}

/** aws-cli's message without its usage text, and without the list of what would have been valid. */
const sentenceOf = (stderr: string): string => {
  const text = stderr.includes('usage:')
    ? (/(?:error: |^(?=Unknown options))[\s\S]*/m.exec(stderr)?.[0] ?? stderr)
    : stderr
  return text
    .replace(/^error: /, '')
    .replace(/Invalid choice, valid choices are:[\s\S]*/, 'invalid choice:')
    .replace(/ for input:\n\{self[\s\S]*/, ' for input:')
    .trim()
}

function exactly(line: string, { stdout }: Outcome): string {
  // Of an enum aws-cli draws lots; every other text of a skeleton is empty.
  if (/--generate-cli-skeleton(?! output)/.test(line))
    return stdout.replace(/": "[^"]+"|^ +"[^"]+"(?=,?$)/gm, 'one of them')
  return changes.includes(line) ? leveled(stdout) : stdout
}

describe.skipIf(!python)('aws-cli and cachectl', () => {
  const lines = [...readings, ...changes]
  const outcomes = new Map<string, { theirs: Outcome; own: Outcome }>()

  beforeAll(async () => {
    const engine = await startTestEngine({ atEnd: afterAll })
    await furnish(engine)
    const home = temporaryDirectory(afterAll)
    mkdirSync(join(home, '.aws'))
    writeFileSync(join(home, '.aws', 'config'), '[default]\ncli_timestamp_format = iso8601\n')
    const { accessKeyId, secretAccessKey } = engine.credentials
    const environment = {
      PATH: process.env.PATH ?? '',
      HOME: home,
      AWS_DEFAULT_REGION: 'us-west-2',
      AWS_EC2_METADATA_DISABLED: 'true',
    }
    const aws = awsRunner(
      {
        ...environment,
        AWS_ENDPOINT_URL_ELASTICACHE: engine.info.url,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      },
      'a',
      writeFiles('a', join(home, 'a')),
    )
    const ours = ourRunner('c', writeFiles('c', join(home, 'c')))
    for (const [name, value] of Object.entries({ ...environment, CACHECTL_HOME: engine.stateDir }))
      vi.stubEnv(name, value)
    for (const part of [readings, changes]) {
      const [theirs, own] = await Promise.all([runAll(part, aws.run), runAll(part, ours)])
      part.forEach((line, index) => {
        outcomes.set(line, { theirs: theirs[index] as Outcome, own: own[index] as Outcome })
      })
    }
    aws.child.stdin?.end()
    vi.unstubAllEnvs()
  }, 180_000)

  test.each(lines)('%s', (line) => {
    const { theirs, own } = outcomes.get(line) as { theirs: Outcome; own: Outcome }
    const excused = acceptedDifferences.filter((difference) => difference.lines.test(line)).flatMap((found) => found.in)
    if (!excused.includes('stdout')) expect(exactly(line, own)).toBe(exactly(line, theirs))
    if (!excused.includes('code')) expect(own.code).toBe(codeOfV2(theirs))
    if (!excused.includes('stderr')) expect(leveled(own.stderr.trim())).toContain(leveled(sentenceOf(theirs.stderr)))
  })

  test.each(acceptedDifferences)('a difference is still one: $reason', ({ lines: those }) => {
    const differs = ({ theirs, own }: { theirs: Outcome; own: Outcome }) =>
      own.stdout !== theirs.stdout || !own.stderr.includes(sentenceOf(theirs.stderr)) || own.code !== codeOfV2(theirs)
    const found = lines.filter((line) => those.test(line)).map((line) => outcomes.get(line))
    expect(found.some((outcome) => outcome && differs(outcome))).toBe(true)
  })
})

/** Each program does all of it in order, both at the same time. */
async function runAll(lines: readonly string[], run: Run): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const line of lines) outcomes.push(await run(line))
  return outcomes
}

async function furnish(engine: TestEngine): Promise<void> {
  const client = engine.client()
  const cluster = { Engine: 'memcached', CacheNodeType: 'cache.t4g.small' }
  await client.createCacheParameterGroup({
    CacheParameterGroupName: 'tuned',
    CacheParameterGroupFamily: 'memcached1.6',
    Description: 'for tests',
  })
  await client.modifyCacheParameterGroup({
    CacheParameterGroupName: 'tuned',
    ParameterNameValues: [{ ParameterName: 'chunk_size', ParameterValue: '96' }],
  })
  await client.createCacheCluster({
    ...cluster,
    CacheClusterId: 'shop',
    NumCacheNodes: 2,
    CacheParameterGroupName: 'tuned',
    Tags: [
      { Key: 'team', Value: 'web' },
      { Key: 'stage', Value: '' },
    ],
  })
  await client.createCacheCluster({ ...cluster, CacheClusterId: 'bare', NumCacheNodes: 1 })
  await engine.until('shop', 'available')
  await engine.until('bare', 'available')
  await createdCache(engine, 'burst', { Description: 'for tests' })
}
