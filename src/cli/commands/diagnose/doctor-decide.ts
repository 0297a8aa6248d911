/** Commands that tell one cause from another are run by the doctor itself, where they only read. */
import { execFile } from 'node:child_process'
import { programsIn } from '../../../diagnose/commands-here.ts'
import type { Finding } from '../../../diagnose/finding.ts'
import { environmentWith } from '../../environment.ts'
import { isInstalled } from '../../installed.ts'

/** What is said at a place, in the name service, or in tables of this host, and never written. */
const READS = /^(cachectl (probe|dns|tls|discover|connections|kv stats)|ip (-[46] )?(route get|neigh show)|getent) /
/** Neither pipes nor substitutions: one program, with its words. */
const IS_PLAIN = /^[^;|&$<>`]*$/
const PATIENCE_MS = 3_000
const LINES = 2

type Run = (command: string) => Promise<string>

/** The findings, with what the commands of their rivals tell. Nothing is run where nothing is to be decided. */
export const decided = (findings: readonly Finding[], run: Run = runHere): Promise<Finding[]> =>
  Promise.all(
    findings.map(async (finding) => {
      if (!finding.rivals) return finding
      const rivals = finding.rivals.map(async (rival) => {
        const saw = isHarmless(rival.evidence) ? firstLines(await run(rival.evidence)) : ''
        return saw === '' ? rival : { ...rival, saw }
      })
      return { ...finding, rivals: await Promise.all(rivals) }
    }),
  )

const isHarmless = (command: string | undefined): command is string =>
  command !== undefined && READS.test(command) && IS_PLAIN.test(command) && programsIn(command).every(isInstalled)

const firstLines = (output: string): string =>
  output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, LINES)
    .map((line) => line.trim())
    .join(' / ')

/** By a shell, since commands are quoted for one; our own name stands for this program. Never rejects. */
function runHere(command: string): Promise<string> {
  const [, program = ''] = process.argv
  const env = environmentWith({ CACHECTL_NODE: process.execPath, CACHECTL_PROGRAM: program, NO_COLOR: '1' })
  const script = `cachectl() { "$CACHECTL_NODE" "$CACHECTL_PROGRAM" "$@"; }; ${command}`
  return new Promise((resolve) => {
    execFile('sh', ['-c', script], { env, timeout: PATIENCE_MS }, (_, stdout) => resolve(stdout))
  })
}
