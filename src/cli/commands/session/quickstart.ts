import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { command } from '../../command.ts'
import { environmentWith } from '../../environment.ts'
import { commandText } from '../../help/command-text.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { ExitWith, Problem } from '../../problem.ts'
import { stopEngine } from '../../target/engine-control.ts'
import { printLine, tell } from '../../terminal.ts'
import { clusterSteps, END, GROUP_ENGINES, GROUP_LIFE, groupCreation, type Step, WHERE_NEXT } from './tour.ts'

export const quickstart = command({
  summary: 'A guided tour: the whole life of a cluster and of a replication group, for real, in a minute',
  description:
    'Shows each command and then its real output. It has an engine, a state directory and ports of its own, runs beside another engine, and leaves nothing behind. The replication group is of Valkey, or else of Redis OSS; where this machine has no server program of either, the tour says which package has it, and goes on.',
  async run() {
    const home = mkdtempSync(join(tmpdir(), 'cachectl-quickstart-'))
    await untilInterrupted(async (signal) => {
      try {
        await tour(home, signal)
      } finally {
        await clean(home)
      }
    }, endLine)
    printLine(`\n${WHERE_NEXT}`)
  },
})

async function tour(home: string, signal: AbortSignal): Promise<void> {
  const first = clusterSteps(await hasIpv6Loopback())
  const total = first.length + 1 + GROUP_LIFE.length + 1
  let number = 0
  const announce = ({ title, argv }: Step): void => {
    number += 1
    printLine(`\n-- ${number}/${total}  ${title}\n\n$ ${commandText(argv)}`)
  }
  const show = async (steps: readonly Step[]): Promise<void> => {
    for (const step of steps) {
      announce(step)
      const code = await runStep(step, home)
      goOn(signal)
      if (code !== 0 && code !== step.finding) failStep(step, code)
    }
  }

  await show(first)
  const group = await createGroup(home)
  goOn(signal)
  if ('step' in group) {
    announce(group.step)
    printLine(group.output.trimEnd())
    await show(GROUP_LIFE)
  } else {
    const last = total - 1
    printLine(`\n-- ${number + 1}-${last}/${total}  No replication group to show. ${group.refusal}`)
    number = last
  }
  await show([END])
}

function goOn({ aborted }: AbortSignal): void {
  if (aborted) throw new Problem('interrupted', 'The tour was left; nothing of it stays.')
}

/** The group is made of what this machine has; which that is the engine knows, and only asking for a group tells. */
async function createGroup(home: string): Promise<{ step: Step; output: string } | { refusal: string }> {
  const refusals: string[] = []
  for (const engine of GROUP_ENGINES) {
    const step = groupCreation(engine)
    const { code, stdout, stderr } = await askQuietly(step, home)
    if (code === 0) return { step, output: stdout }
    refusals.push(refusalIn(stderr))
  }
  return { refusal: refusals[0] ?? '' }
}

/** The service's own words, without what names the error and the operation. */
const refusalIn = (stderr: string): string => stderr.trim().replace(/^An error occurred \(\w+\) [^:]*: /, '')

function failStep({ argv }: Step, code: number): never {
  tell(`\nThe tour stops here: \`${commandText(argv)}\` ended with exit code ${code}.`)
  throw new ExitWith(1)
}

/** Runs the program itself as a user would, on this terminal, but without questions. */
function runStep(step: Step, home: string): Promise<number> {
  return ended(start(step, home, 'inherit'))
}

async function askQuietly(step: Step, home: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = start(step, home, 'pipe')
  const [code, stdout, stderr] = await Promise.all([ended(child), textOf(child.stdout), textOf(child.stderr)])
  return { code, stdout, stderr }
}

function start({ argv }: Step, home: string, output: 'inherit' | 'pipe'): ChildProcess {
  return spawn(process.execPath, [launcher(), ...argv], {
    stdio: ['ignore', output, output],
    // What the user's shell says about targets and endpoints is about another engine.
    env: environmentWith({
      CACHECTL_HOME: home,
      CACHECTL_TARGET: undefined,
      AWS_ENDPOINT_URL: undefined,
      AWS_ENDPOINT_URL_ELASTICACHE: undefined,
      AWS_REGION: undefined,
      AWS_DEFAULT_REGION: undefined,
    }),
  })
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

const textOf = (stream: Readable | null): Promise<string> => (stream ? text(stream) : Promise.resolve(''))

const launcher = (): string => fileURLToPath(new URL('../bin/run.js', import.meta.url))

async function clean(home: string): Promise<void> {
  await stopEngine(home)
  rmSync(home, { recursive: true, force: true })
}

function hasIpv6Loopback(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(0, '::1', () => server.close(() => resolve(true)))
  })
}
