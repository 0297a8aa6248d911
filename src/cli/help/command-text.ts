import { shellWord } from '../../api/shell.ts'

/** A command line as a person may copy it into a POSIX shell. */
export function commandText(argv: readonly string[]): string {
  return `cachectl ${argv.map(shellWord).join(' ')}`
}
