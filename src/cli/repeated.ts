/**
 * `--to a --to b` as `--to a b`: of an option that is given again the last one counts in aws-cli, and so in our parser;
 * for these few it is a list that grows.
 */
export function gatherRepeated(argv: readonly string[], names: readonly string[]): string[] {
  const gathered = new Map<string, string[]>()
  const rest: string[] = []
  let current: string[] | undefined
  for (const [at, word] of argv.entries()) {
    if (word === '--') return [...together(gathered), ...rest, ...argv.slice(at)]
    const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? []
    if (names.includes(name)) {
      current = gathered.get(name) ?? []
      gathered.set(name, current)
      if (value !== undefined) current.push(value)
    } else if (current && !word.startsWith('-')) current.push(word)
    else {
      current = undefined
      rest.push(word)
    }
  }
  return [...together(gathered), ...rest]
}

const together = (gathered: ReadonlyMap<string, readonly string[]>): string[] =>
  [...gathered].flatMap(([name, values]) => [`--${name}`, ...values])
