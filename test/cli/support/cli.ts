import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Outcome, run } from '../../support/programs.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname

/** The environment of a person who has nothing set up: no AWS, no cachectl, no extra certificates to load. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, NODE_V8_COVERAGE } = process.env
  return { PATH, HOME, NODE_V8_COVERAGE, AWS_EC2_METADATA_DISABLED: 'true' }
}

/** The built program, as a shell runs it; its stdin is not a terminal. */
export const cachectl = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  run(process.execPath, [launcher, ...args], { env: { ...bareEnvironment(), ...env }, timeoutMs: 60_000 })

export interface Home {
  readonly stateDir: string
  cachectl(...args: string[]): Promise<Outcome>
  /** Fails unless the exit code is 0 and stderr is empty; returns stdout. */
  answer(...args: string[]): Promise<string>
}

/** A state directory of its own, whose engine, if one was started, is stopped at the end. */
export function temporaryHome(atEnd: (work: () => Promise<void> | void) => void = onTestFinished): Home {
  const stateDir = mkdtempSync(join(tmpdir(), 'cachectl-'))
  const here = (...args: string[]) => cachectl(args, { CACHECTL_HOME: stateDir })
  // In one piece: an engine whose files are gone can't be found any more.
  atEnd(async () => {
    await here('engine', 'stop')
    rmSync(stateDir, { recursive: true, force: true })
  })
  return {
    stateDir,
    cachectl: here,
    async answer(...args) {
      const { code, stdout, stderr } = await here(...args)
      if (code !== 0 || stderr !== '') throw new Error(`cachectl ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`)
      return stdout
    },
  }
}
