/** What is longer than the screen goes through a pager, as aws-cli v2 and git do it. */
import { spawn } from 'node:child_process'
import { type Environment, environmentWith } from '../environment.ts'
import { onlyOwn } from '../output/sequences.ts'
import { print, rows } from '../terminal.ts'

/** Leave at once if it fits after all, keep colours, leave the text on the screen. */
const LESS = 'FRX'

/** aws-cli v2's order; '' means none. `AWS_PAGER=''` is how people turn it off. */
const pagerOf = (env: Environment): string => env.AWS_PAGER ?? env.PAGER ?? 'less'

/** Prints; by a pager when stdout is a terminal that the text doesn't fit on, and `wanted`. */
export async function printPaged(text: string, wanted: boolean, env: Environment): Promise<void> {
  const height = rows()
  const pager = pagerOf(env)
  if (!wanted || height === undefined || pager === '' || text.split('\n').length <= height) return print(text)
  const child = spawn(pager, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: environmentWith({ LESS: env.LESS ?? LESS }),
  })
  // Ctrl-C belongs to the pager while it has the terminal.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  child.stdin.on('error', ignore)
  // less -R obeys colours, and cat everything.
  child.stdin.end(onlyOwn(text))
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(NOT_FOUND))
    child.on('exit', resolve)
  })
  process.off('SIGINT', ignore)
  if (code === NOT_FOUND) print(text)
}

/** What a shell says of a program there is none of. */
const NOT_FOUND = 127
