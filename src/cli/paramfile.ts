import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { usageProblem } from './problem.ts'

/** aws-cli's `file://path`: the value is what the file holds. Anything else is itself. */
export function readParamfile(option: string, value: string): string {
  const path = /^fileb?:\/\/(.*)$/s.exec(value)?.[1]
  if (path === undefined) return value
  try {
    return readFileSync(path.replace(/^~(?=\/|$)/, homedir()), 'utf8')
  } catch (error) {
    throw usageProblem(
      `Error parsing parameter '--${option}': Unable to load paramfile ${value}: ${(error as Error).message}`,
    )
  }
}
