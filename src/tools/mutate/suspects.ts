/** A room's sources and all mutants of them, numbered by their place: report and judge count alike. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Mutant, mutantsOf } from './mutants.ts'
import { ROOMS } from './rooms.ts'

export const repository = fileURLToPath(new URL('../../../', import.meta.url))

export function suspects(room: string): { sources: ReadonlyMap<string, string>; mutants: readonly Mutant[] } {
  const files = ROOMS.get(room)?.sources ?? []
  const sources = new Map(files.map((file) => [file, readFileSync(repository + file, 'utf8')]))
  return { sources, mutants: [...sources].flatMap(([file, source]) => mutantsOf(file, source)) }
}
