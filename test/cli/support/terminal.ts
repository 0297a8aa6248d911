import { spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { run } from '../../support/programs.ts'
import { bareEnvironment } from './cli.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname

/** Runs a program on a pseudo-terminal; types each answer once its prompt has been seen. */
const DRIVER = `
import fcntl, json, os, pty, select, struct, sys, termios, time
plan = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execvpe(plan['argv'][0], plan['argv'], plan['env'])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', plan['rows'], plan['columns'], 0, 0))
seen, typed, answers, deadline = b'', 0, plan['answers'], time.monotonic() + plan['seconds']
while time.monotonic() < deadline:
    ready, _, _ = select.select([fd], [], [], 0.1)
    if ready:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    if answers and answers[0][0].encode() in seen[typed:]:
        typed = len(seen)
        os.write(fd, answers.pop(0)[1].encode())
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
json.dump({'screen': seen.decode(errors='replace'), 'code': os.waitstatus_to_exitcode(status)}, sys.stdout)
`

export const hasTerminal = spawnSync('python3', ['-c', 'import pty'], { stdio: 'ignore' }).status === 0

export interface Screen {
  /** All that was written, escape sequences included. */
  readonly raw: string
  /** The same as text, with plain line ends. */
  readonly text: string
  readonly code: number
}

interface Sitting {
  readonly columns?: number
  readonly rows?: number
  readonly env?: NodeJS.ProcessEnv
  /** What to wait for on the screen, and what to type then. */
  readonly answers?: readonly (readonly [prompt: string, typed: string])[]
  /** Another program than cachectl. */
  readonly program?: readonly string[]
}

export async function onTerminal(args: readonly string[], sitting: Sitting = {}): Promise<Screen> {
  const { columns = 80, rows = 50, env = {}, answers = [], program = [process.execPath, launcher] } = sitting
  const plan = {
    argv: [...program, ...args],
    env: defined({ ...bareEnvironment(), TERM: 'xterm-256color', ...env }),
    columns,
    rows,
    answers,
    seconds: 25,
  }
  const { stdout, stderr } = await run('python3', ['-c', DRIVER, JSON.stringify(plan)], { timeoutMs: 30_000 })
  if (stdout === '') throw new Error(`the terminal failed: ${stderr}`)
  const { screen, code } = JSON.parse(stdout) as { screen: string; code: number }
  return { raw: screen, text: stripVTControlCharacters(screen).replaceAll('\r\n', '\n'), code }
}

const defined = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))

export const longestLine = ({ text }: Screen): number => Math.max(...text.split('\n').map((line) => line.length))
