import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { shell } from '../../../api/shell.ts'
import { errorCode, errorMessage } from '../../../api/thrown.ts'
import { GAI_CONF } from '../../../diagnose/gai-check.ts'
import { lintGaiConf } from '../../../diagnose/gai-lint.ts'
import { planStanza, type StanzaPlan } from '../../../diagnose/gai-stanza.ts'
import { runtimeSettings } from '../../../diagnose/runtimes.ts'
import { netshScript, WINDOWS_DEFAULT } from '../../../diagnose/windows-policy.ts'
import { systemClock } from '../../../net/clock.ts'
import { readTextIfThere } from '../../call/text-input.ts'
import { command } from '../../command.ts'
import { choice, required, toggle } from '../../flags.ts'
import { confirmFlags } from '../../global-flags.ts'
import { confirmOnTerminal } from '../../live/confirm.ts'
import { Problem } from '../../problem.ts'
import { printLine, tell } from '../../terminal.ts'
import { cidrs, fileFlag, fileOf, prefer } from './flags.ts'

export const gaiGenerate = command({
  summary: 'Write the lines that make clients here prefer IPv4 or IPv6 for a cluster',
  description:
    "The smallest change to the present file: one precedence line per network, glibc's five own lines in front of it where the file had none, never a label line. stdout holds lines to append; what else has to be known is told on stderr.",
  flags: {
    prefer: required(prefer('ipv4 or ipv6')),
    cidr: cidrs("the cluster's networks; without it, everything"),
    for: choice(['gai.conf', 'windows', 'java', 'node', 'go', 'musl'], {
      summary: 'gai.conf (default), windows, java, node, go or musl',
      helpValue: '<what>',
      otherwise: 'gai.conf',
    }),
    diff: toggle({ summary: 'show the change to the present file instead of the lines alone' }),
    apply: toggle({ summary: 'change the file: asks, keeps a copy, reads it back' }),
    ...fileFlag,
    ...confirmFlags,
  },
  examples: [
    'gai generate --prefer ipv4 --cidr 172.31.0.0/16 --diff',
    'gai generate --prefer ipv4 --cidr 172.31.0.0/16 --for windows',
  ],
  forms: {},
  async run({ flags, print }) {
    const path = fileOf(flags)
    const present = readTextIfThere(path)
    const plan = planStanza({ present, prefer: flags.prefer, cidrs: flags.cidr })
    const windows = netshScript(WINDOWS_DEFAULT, flags.prefer, flags.cidr)
    const runtimes = runtimeSettings(flags.prefer)
    await print.answer({ file: path, prefer: flags.prefer, ...plan, windows, runtimes }, () => {
      if (flags.for === 'windows') return windows.join('\r\n')
      if (flags.for !== 'gai.conf') return runtimes[flags.for] ?? ''
      if (flags.diff) return diffText(path, present, plan)
      return flags.apply ? '' : plan.added.join('\n')
    })
    if (flags.for === 'gai.conf' && print.form === 'readable') tellAbout(plan, present, path)
    if (flags.apply) await apply(path, present, plan, flags.yes)
  },
})

function tellAbout({ added, disabled, shortcomings }: StanzaPlan, present: string | null, path: string): void {
  if (added.length + disabled.length === 0) tell(`${path} does this already.`)
  for (const { line, text: written, why } of disabled) tell(`Line ${line} is to be commented out, ${why}: ${written}`)
  for (const shortcoming of shortcomings) tell(`Mind: ${shortcoming}.`)
  const wrong = lintGaiConf(present).filter(({ kind }) => kind === 'harm' || kind === 'ignored').length
  const look = path === GAI_CONF ? 'cachectl gai lint' : shell`cachectl gai lint ${path}`
  if (wrong > 0) tell(`The present file has ${linesOf(wrong)} worth a look: ${look}`)
  tell('Running processes keep the old order: restart them. Verify with `getent ahosts <name>` (not `getent hosts`).')
  tell('Java, Go, musl (Alpine) and nping do not read this file: --for java, --for go, --for musl.')
}

/** Lines are only ever appended or commented out, so that no general diff is needed. */
function diffText(path: string, present: string | null, { added, disabled }: StanzaPlan): string {
  if (added.length + disabled.length === 0) return ''
  const before = (present ?? '').split('\n')
  const lines = [`--- ${present === null ? '/dev/null' : path}`, `+++ ${path}`]
  for (const { line, text: written } of [...disabled].sort((a, b) => a.line - b.line)) {
    lines.push(`@@ -${line} +${line} @@`, `-${written}`, `+#${written}`)
  }
  const length = before.at(-1) === '' ? before.length - 1 : before.length
  if (added.length > 0)
    lines.push(`@@ -${length},0 +${length + 1},${added.length} @@`, ...added.map((line) => `+${line}`))
  return lines.join('\n')
}

async function apply(path: string, present: string | null, plan: StanzaPlan, yes: boolean): Promise<void> {
  if (plan.text === (present ?? '')) return
  await confirmOnTerminal(`Change ${path}?`, yes)
  try {
    if (present !== null) {
      const copy = `${path}.${systemClock.now().toISOString().replace(/[:.]/g, '-')}.bak`
      copyFileSync(path, copy)
      tell(`The old file is kept as ${copy}`)
    }
    writeFileSync(path, plan.text)
  } catch (error) {
    const code = errorCode(error)
    throw new Problem(
      'general',
      `Cannot write ${path}: ${errorMessage(error)}`,
      code === 'EACCES' ? 'Run it with sudo.' : undefined,
    )
  }
  if (readFileSync(path, 'utf8') !== plan.text) throw new Problem('general', `${path} does not hold what was written.`)
  printLine(`${path} changed: ${linesOf(plan.added.length)} added, ${plan.disabled.length} commented out.`)
}

const linesOf = (count: number): string => `${count} ${count === 1 ? 'line' : 'lines'}`
