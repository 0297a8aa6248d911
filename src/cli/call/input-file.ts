/** `--cli-input-json` and `--cli-input-yaml`: a whole input at once; options given beside it win. */

import { isObject } from '../../api/objects.ts'
import { errorMessage } from '../../api/thrown.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { parsePython } from '../python/json.ts'
import { readParamfile, textOf } from './paramfile.ts'

export const INPUT_OPTIONS = ['cli-input-json', 'cli-input-yaml'] as const

export type InputOption = (typeof INPUT_OPTIONS)[number]

/** {} when there is none. YAML's reader is loaded only for YAML. */
export async function readInputFile(flags: FlagValues): Promise<Record<string, unknown>> {
  const given = INPUT_OPTIONS.filter((option) => flags[option] !== undefined)
  if (given.length > 1) throw usageProblem('Only one --cli-input- parameter may be specified.')
  const [option] = given
  if (option === undefined) return {}
  const text = textOf(readParamfile(`--${option}`, String(flags[option])))
  const input = option === 'cli-input-json' ? fromJson(text) : await fromYaml(text)
  if (isObject(input)) return { ...input }
  throw usageProblem(
    `Error parsing parameter '${option}': Invalid type: expecting a map of the operation's members\nreceived: ${text}`,
  )
}

function fromJson(text: string): unknown {
  try {
    return parsePython(text)
  } catch (error) {
    const reason = `Invalid JSON: ${errorMessage(error)}\nJSON received: ${text}`
    throw usageProblem(`Error parsing parameter 'cli-input-json': ${reason}`)
  }
}

async function fromYaml(text: string): Promise<unknown> {
  // A CommonJS module that is imported late has nothing but a default export in the bundle.
  const { default: yaml } = (await import('yaml')) as unknown as { default: typeof import('yaml') }
  try {
    return yaml.parse(text)
  } catch (error) {
    const reason = `Invalid YAML: ${errorMessage(error)}\nYAML received: ${text}`
    throw usageProblem(`Error parsing parameter 'cli-input-yaml': ${reason}`)
  }
}
