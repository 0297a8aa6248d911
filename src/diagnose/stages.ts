/** What a look still waits for, in words, where its stages go on side by side. */

export const STAGES = ['names', 'connections', 'this host', 'lists', 'numbers', 'servers'] as const
export type Stage = (typeof STAGES)[number]

export interface Stages {
  /** `what` is waited for until the promise settles. */
  during<T>(stage: Stage, what: string, waited: Promise<T>): Promise<T>
}

/** Tells of the first stage that has something open: `names: 3 of 4, waiting for cache.example.com`. */
export function stagesOf(tell: (text: string) => void = () => {}): Stages {
  const begun = new Map<Stage, number>()
  const open = new Map<Stage, string[]>(STAGES.map((stage) => [stage, []]))
  const say = (): void => {
    const waited = [...open].find(([, whats]) => whats.length > 0)
    if (!waited) return
    const [stage, [first, ...more]] = waited
    const all = begun.get(stage) ?? 0
    const others = more.length > 0 ? ` and ${more.length} more` : ''
    tell(`${stage}: ${all - more.length - 1} of ${all}, waiting for ${first}${others}`)
  }
  return {
    async during(stage, what, waited) {
      begun.set(stage, (begun.get(stage) ?? 0) + 1)
      open.get(stage)?.push(what)
      say()
      try {
        return await waited
      } finally {
        const left = open.get(stage) ?? []
        left.splice(left.indexOf(what), 1)
        say()
      }
    },
  }
}
