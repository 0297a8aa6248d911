/**
 * `npm run conformance -- redis|valkey|memcached [--only <file>] [--way <name>] [--sources <directory>] [--server <program>]
 * [--output json]`: runs a server's own test suite against the embedded node. Exit code 1 for a failure that is not listed in
 * exceptions.ts, or fewer tests than the server passes; 2 for a command line that is none. Never part of the tests: it takes minutes.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isInstalled, printTable } from '../bench/measure.ts'
import { filesAsked, Misspoken, readCommandLine } from './command-line.ts'
import { build } from './node.ts'
import { type FileOutcome, judge, type Verdict } from './outcome.ts'
import { perlFiles, placeNode, runPerlFile } from './perl.ts'
import { fetchSource, NoSuite } from './sources.ts'
import { type Engine, SUITES, type Way } from './suites.ts'
import { runTclFile, tclFiles } from './tcl.ts'

interface Run {
  readonly way: Way
  readonly files: readonly FileOutcome[]
  readonly verdict: Verdict
}

const asked = orEnd(() => readCommandLine(process.argv.slice(2)))
const { engine, isJson } = asked
const suite = SUITES[engine]
const directory = mkdtempSync(join(tmpdir(), 'cachectl-suite-'))
// By a process of its own: who runs this may pass Ctrl-C on twice, and then kills what still clears away.
process.once('exit', () => spawn('rm', ['-rf', directory], { detached: true, stdio: 'ignore' }).unref())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

try {
  const runs = await runAll(engine)
  if (isJson) process.stdout.write(`${JSON.stringify({ engine, version: suite.version, runs }, null, 2)}\n`)
  process.exit(runs.every(isGood) ? 0 : 1)
} catch (error) {
  if (error instanceof Misspoken) end(error)
  if (!(error instanceof NoSuite)) throw error
  process.stdout.write(`Skipped: ${error.message}. --sources <directory> takes the sources of ${engine} from there.\n`)
  process.exit(0)
}

/** What `read` answers; a command line that is none ends the process. */
function orEnd<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof Misspoken) end(error)
    throw error
  }
}

function end({ message }: Misspoken): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

/** Each way of the suite that is asked for. */
async function runAll(name: Engine): Promise<Run[]> {
  const missing = suite.programs.filter((program) => !isInstalled(program))
  if (missing.length > 0) throw new NoSuite(`there is no ${missing.join(', ')} here`)
  const sources = suiteDirectory()
  const isPerl = name === 'memcached'
  if (isPerl) placeNode(sources, suite.version, asked.server)
  const files = filesAsked(isPerl ? perlFiles(sources) : await tclFiles(sources), asked)
  if (asked.server === undefined) build()
  const runs: Run[] = []
  for (const way of suite.ways) {
    if (asked.way !== undefined && asked.way !== way.name) continue
    const outcomes: FileOutcome[] = []
    for (const file of files) {
      const outcome = isPerl
        ? await runPerlFile(sources, file)
        : await runTclFile(name, way, sources, file, asked.server)
      outcomes.push(outcome)
      if (!isJson) tell(outcome)
    }
    const run = { way, files: outcomes, verdict: judge(name, way, outcomes) }
    runs.push(run)
    if (!isJson) sumUp(run)
  }
  return runs
}

/** Where the suite lies, as a copy of ours: suites write into it. */
function suiteDirectory(): string {
  if (asked.sources === undefined) return fetchSource(suite, directory)
  const copy = join(directory, 'suite')
  cpSync(resolve(asked.sources), copy, { recursive: true })
  return copy
}

function tell({ file, passed, failed, stuck, seconds }: FileOutcome): void {
  const parts = [`${passed} ok`, ...(failed.length > 0 ? [`${failed.length} failed`] : []), ...(stuck ? ['stuck'] : [])]
  process.stdout.write(`${file}: ${parts.join(', ')} (${seconds.toFixed(0)} s)\n`)
  for (const test of failed) process.stdout.write(`  failed: ${test}\n`)
  if (stuck !== undefined) process.stdout.write(`  stuck: ${stuck}\n`)
}

function sumUp({ way, files, verdict }: Run): void {
  const { passed, bar, expected, unexpected } = verdict
  const skipped = files.reduce((sum, file) => sum + file.skipped, 0)
  printTable(`${engine} ${suite.version}, ${way.name}`, [
    ['', 'passed', 'of the server', 'failed as listed', 'failed', 'skipped'],
    [
      'tests',
      String(passed),
      bar === 0 ? '-' : String(bar),
      String(expected.length),
      String(unexpected.length),
      String(skipped),
    ],
  ])
  for (const { test, reason } of expected) process.stdout.write(`  listed: ${test}: ${reason}\n`)
  for (const { file, test } of unexpected) process.stdout.write(`  failed: ${file}: ${test}\n`)
}

/** A part of a suite has no bar of its own. */
function isGood({ verdict: { passed, bar, expected, unexpected } }: Run): boolean {
  return unexpected.length === 0 && (asked.only !== undefined || passed + expected.length >= bar)
}
