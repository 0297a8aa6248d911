import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { environment } from '../environment.ts'
import { usageProblem } from '../problem.ts'
import { systemReason } from '../python/system-reason.ts'

/** A value as it was given or as the file holds it; bytes of `fileb://` are no text, even where they could be. */
export type Contents = string | Uint8Array

/**
 * aws-cli's `file://path` and `fileb://path`: the value is what the file holds. Anything else is itself; `http://` too,
 * as in v2. `~` and variables of the environment are expanded.
 */
export function readParamfile(option: string, value: string): Contents {
  const [, scheme, path] = /^(fileb?):\/\/(.*)$/s.exec(value) ?? []
  if (scheme === undefined || path === undefined) return value
  const file = expanded(path)
  const refuse = (reason: string) => usageProblem(`Error parsing parameter '${option}': ${reason}`)
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw refuse(`Unable to load paramfile ${value}: ${systemReason(error)}: '${file}'`)
  }
  if (scheme === 'fileb') return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const advice = 'If this is a binary file, please use the fileb:// prefix instead of the file:// prefix.'
    throw refuse(`Unable to load paramfile (${file}), text contents could not be decoded.  ${advice}`)
  }
}

/** Contents as text; bytes are taken for UTF-8. */
export const textOf = (contents: Contents): string =>
  typeof contents === 'string' ? contents : Buffer.from(contents).toString('utf8')

const expanded = (path: string): string =>
  path
    .replace(/^~(?=\/|$)/, environment.HOME || homedir())
    .replace(
      /\$(?:(\w+)|\{([^}]*)\})/g,
      (whole, plain: string, braced: string) => environment[plain ?? braced] ?? whole,
    )
