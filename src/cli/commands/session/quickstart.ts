import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command } from '../../command.ts'
import { environmentWith } from '../../environment.ts'
import { commandText } from '../../help/command-text.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { ExitWith, Problem } from '../../problem.ts'
import { stopEngine } from '../../target/engine-control.ts'
import { printLine, tell } from '../../terminal.ts'
import { clusterSteps, END, GROUP_STEPS, type Step, WHERE_NEXT } from './tour.ts'

export const quickstart = command({
  summary: 'A guided tour: the whole life of a cluster and of a replication group, for real, in a minute',
  description:
    'Shows each command and then its real output. It has an engine, a state directory and ports of its own, runs beside another engine, and leaves nothing behind.',
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
  const steps = [...clusterSteps(await hasIpv6Loopback()), ...GROUP_STEPS, END]
  for (const [index, step] of steps.entries()) {
    printLine(`\n-- ${index + 1}/${steps.length}  ${step.title}\n\n$ ${commandText(step.argv)}`)
    const code = await runStep(step, home)
    if (signal.aborted) throw new Problem('interrupted', 'The tour was left; nothing of it stays.')
    if (code !== 0 && code !== step.finding) failStep(step, code)
  }
}

function failStep({ argv }: Step, code: number): never {
  tell(`\nThe tour stops here: \`${commandText(argv)}\` ended with exit code ${code}.`)
  throw new ExitWith(1)
}

/** Runs the program itself as a user would, on this terminal, but without questions. */
function runStep({ argv }: Step, home: string): Promise<number> {
  const child = spawn(process.execPath, [launcher(), ...argv], {
    stdio: ['ignore', 'inherit', 'inherit'],
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
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

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
