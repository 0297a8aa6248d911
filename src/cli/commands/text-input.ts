import { readFileSync } from 'node:fs'
import { Problem } from '../problem.ts'

/** The text of a file, or of standard input for `-`. */
export function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new Problem('general', `Cannot read ${path}: ${(error as Error).message}`)
  }
}

/** As `readText`; null where there is no such file. */
export function readTextIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Problem('general', `Cannot read ${path}: ${(error as Error).message}`)
  }
}
