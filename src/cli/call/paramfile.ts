import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { environment } from '../environment.ts'
import { usageProblem } from '../problem.ts'

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
    throw refuse(`Unable to load paramfile ${value}: ${systemReason(error as NodeJS.ErrnoException)}: '${file}'`)
  }
  if (scheme === 'fileb') return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const advice = 'If this is a binary file, please use the fileb:// prefix instead of the file:// prefix.'
    throw refuse(`Unable to load paramfile (${file}), text contents could not be decoded.  ${advice}`)
  }
}

export const textOf = (contents: Contents): string =>
  typeof contents === 'string' ? contents : Buffer.from(contents).toString('utf8')

const expanded = (path: string): string =>
  path
    .replace(/^~(?=\/|$)/, environment.HOME || homedir())
    .replace(
      /\$(?:(\w+)|\{([^}]*)\})/g,
      (whole, plain: string, braced: string) => environment[plain ?? braced] ?? whole,
    )

/** As Python says it; scripts have seen no other. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: '[Errno 2] No such file or directory',
  EACCES: '[Errno 13] Permission denied',
  ENOTDIR: '[Errno 20] Not a directory',
  EISDIR: '[Errno 21] Is a directory',
}

const systemReason = ({ code, message }: NodeJS.ErrnoException): string => REASONS[code ?? ''] ?? message
