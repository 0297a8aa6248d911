import { spawn } from 'node:child_process'

export interface Ended {
  readonly printed: string
  readonly status: number | null
  readonly seconds: number
  /** Whether it was ended because it took too long. */
  readonly isLate: boolean
}

/** Runs a program with all it starts, and ends them when they take too long. */
export async function runBounded(
  command: readonly string[],
  cwd: string,
  milliseconds: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const [program = '', ...words] = command
  const begun = performance.now()
  const child = spawn(program, words, {
    cwd,
    // A group of its own: suites start programs that outlive them.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TERM: 'dumb', ...env },
  })
  const endAll = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    endAll()
  }, milliseconds)
  process.prependOnceListener('exit', endAll)
  let printed = ''
  const gather = (chunk: Buffer): void => {
    printed += chunk.toString('latin1')
  }
  child.stdout.on('data', gather)
  child.stderr.on('data', gather)
  const status = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', (code) => resolve(code)),
  )
  clearTimeout(timer)
  endAll()
  process.off('exit', endAll)
  return { printed, status, seconds: (performance.now() - begun) / 1000, isLate }
}
