/** Commands of the servers that the node does not have yet, by their group. It can only shrink: a test fails when one of them is there. */
const MISSING: Readonly<Record<string, string>> = {
  generic: 'migrate',
}

export const missing: ReadonlySet<string> = new Set(Object.values(MISSING).flatMap((names) => names.split(' ')))
