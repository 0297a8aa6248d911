import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const program = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** The built program, as a shell would run it, off a terminal. Beside files: no AWS settings of the machine. */
export function cachectl(args: readonly string[], more: { input?: string; env?: Record<string, string> } = {}) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')))
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { env: { ...env, ...more.env } })
    const read: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        read[stream] += text
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...read }))
    child.stdin.on('error', () => {}).end(more.input ?? '')
  })
}
