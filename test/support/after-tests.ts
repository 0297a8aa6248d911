import { afterAll } from 'vitest'

/** Registers work to be done after all tests of the group, or the file, that calls this: what began last ends first. */
export function afterTests(): (work: () => Promise<void>) => void {
  const endings: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const end of endings.reverse()) await end()
  })
  return (work) => endings.push(work)
}
