/** Commands that are told, as this host has the programs for them. Pure. */
import { isIP } from 'node:net'
import { shell } from '../api/shell.ts'
import { parseTarget } from '../net/target.ts'
import type { Finding } from './finding.ts'

/** What every shell has in itself. */
const BUILT_IN: ReadonlySet<string> = new Set(['echo', 'printf', 'ulimit', 'cd', 'cachectl'])

/** Programs that a command line starts, those of its pipes and substitutions included. */
export function programsIn(command: string): string[] {
  const bare = command.replace(/'[^']*'|"[^"]*"/g, '""')
  const starts = bare.split(/;|\||&&|\$\(/).map((part) => part.trim().split(/[\s)]/)[0] ?? '')
  return [...new Set(starts.filter((word) => word !== '' && !BUILT_IN.has(word)))]
}

/**
 * The finding with commands that can be pasted on a host that has these programs. What shows something is shown by our own
 * commands instead, or by `again`, the look that found it; what mends something says which program it wants.
 */
export function forThisHost(finding: Finding, has: (program: string) => boolean, again: string): Finding {
  const { subject, hint, fix, evidence, check, rivals } = finding
  const lacks = (command: string): string[] => programsIn(command).filter((program) => !has(program))
  const shown = (command: string): string => (lacks(command).length === 0 ? command : ownCommand(subject, again))
  const missing = fix === undefined ? [] : lacks(fix)
  return {
    ...finding,
    ...(missing.length > 0 && { hint: `${hint} (${missing.join(', ')}: not found on this host.)` }),
    ...(evidence !== undefined && { evidence: shown(evidence) }),
    ...(check !== undefined && { check: lacks(check).length === 0 ? check : again }),
    ...(rivals && {
      rivals: rivals.map((rival) =>
        rival.evidence === undefined ? rival : { ...rival, evidence: shown(rival.evidence) },
      ),
    }),
  }
}

/** What of ours shows most of a place, or of a name. */
function ownCommand(subject: string, again: string): string {
  if (isIP(subject) !== 0 || subject.includes('/') || !parseTarget(subject).ok) return again
  if (/:\d+$/.test(subject)) return shell`cachectl probe ${subject} -c 3`
  return subject.includes('.') ? shell`cachectl dns ${subject}` : again
}
