/** A command line as a person may copy it into a POSIX shell. */
export function commandText(argv: readonly string[]): string {
  const words = argv.map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return `cachectl ${words.join(' ')}`
}
