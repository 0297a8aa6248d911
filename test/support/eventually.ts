const DEADLINE_MS = 15_000
const INTERVAL_MS = 20

/** Waits until the condition holds; fails with what it waited for. */
export async function eventually(
  what: string,
  condition: () => Promise<boolean> | boolean,
  withinMs = DEADLINE_MS,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))
  }
}
