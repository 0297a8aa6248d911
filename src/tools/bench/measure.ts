import { spawnSync } from 'node:child_process'

export interface Sample {
  readonly name: string
  readonly command: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

export interface Timing {
  readonly name: string
  /** Milliseconds. */
  readonly min: number
  readonly median: number
}

/** What slows every start of Node down, or adds nothing to a measurement, is out of the environment of timed runs. */
export function quietEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  return { ...env, NO_COLOR: '1', ...extra }
}

/** Whole runs of programs, round by round so that noise hits all alike, after one round to warm up. */
export function timeCommands(samples: readonly Sample[], rounds: number): Timing[] {
  const times = new Map<string, number[]>(samples.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const { name, command, env } of samples) {
      const begun = process.hrtime.bigint()
      const [program = '', ...args] = command
      const { status, stderr } = spawnSync(program, args, {
        env: env ?? quietEnvironment(),
        encoding: 'utf8',
      })
      const elapsed = Number(process.hrtime.bigint() - begun) / 1e6
      if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`)
      if (round >= 0) times.get(name)?.push(elapsed)
    }
  }
  return [...times].map(([name, values]) => ({ name, min: Math.min(...values), median: median(values) }))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low = Number.NaN, high = low] = sorted.slice(
    Math.ceil(sorted.length / 2) - 1,
    Math.floor(sorted.length / 2) + 1,
  )
  return (low + high) / 2
}

export const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined

export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  console.log(`\n${title}`)
  for (const row of rows) {
    console.log(
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`,
    )
  }
}
