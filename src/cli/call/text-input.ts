import { readFileSync } from 'node:fs'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import { Problem } from '../problem.ts'
import { readInput } from '../terminal.ts'

/** The text of a file, or of standard input for `-`; also as PowerShell's `>` writes it, in UTF-16. */
export function readText(path: string): string {
  try {
    const bytes = path === '-' ? readInput() : readFileSync(path)
    return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le', 2) : bytes.toString('utf8')
  } catch (error) {
    throw new Problem('general', `Cannot read ${path}: ${errorMessage(error)}`)
  }
}

/** As `readText`; null where there is no such file. */
export function readTextIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw new Problem('general', `Cannot read ${path}: ${errorMessage(error)}`)
  }
}
