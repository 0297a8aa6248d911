import { type Input, inputOf, type OperationName, operation } from '../../api/model.ts'
import { kebabCase, onlyReads } from '../../api/names.ts'
import { type Describe, memberFlags, type OperationFlags } from '../flags.ts'
import {
  answerFlags,
  askFlag,
  confirmFlags,
  deletesGroup,
  dryRunFlag,
  globalFlags,
  inputFlags,
  pagingFlags,
  unusedFlags,
  waitFlags,
} from '../global-flags.ts'
import type { FlagValues } from '../parse.ts'
import { waits } from '../waiting/operation-waits.ts'
import { readParamfile, textOf } from './paramfile.ts'
import { readOption } from './typed-value.ts'
import { validInput } from './validate.ts'

/** Whether a terminal asks before the call: for what deletes data or interrupts service. */
export const isDestructive = (name: OperationName): boolean =>
  name.startsWith('Delete') || name === 'RebootCacheCluster'

const isMutating = (name: OperationName): boolean => !onlyReads(name)

/** Every option of an operation's command: the model's members first, ours after them. */
export function operationFlags(name: OperationName, describe?: Describe): OperationFlags {
  return {
    ...memberFlags(name, describe),
    ...(name in waits && waitFlags),
    ...inputFlags,
    ...(deletesGroup(name) && unusedFlags),
    ...(isDestructive(name) && confirmFlags),
    ...(isMutating(name) && dryRunFlag),
    ...askFlag,
    ...globalFlags,
    ...(operation(name).pagination && pagingFlags),
    ...answerFlags,
  }
}

/**
 * Parsed options -> the operation's input. What a file of `--cli-input-json` gives beside them comes after.
 * Throws a usage problem that names all that is wrong.
 */
export function inputFrom<N extends OperationName>(
  name: N,
  flags: FlagValues,
  file: Readonly<Record<string, unknown>> = {},
): Input<N> {
  const input: Record<string, unknown> = {}
  for (const [memberName, member] of Object.entries(inputOf(name).members)) {
    const option = kebabCase(memberName)
    const given = flags[option]
    if (given === undefined) continue
    if (typeof given === 'boolean' || typeof given === 'number') {
      input[memberName] = given
      continue
    }
    const texts = typeof given === 'string' ? [given] : given
    // aws-cli reads a file for the only value of an option, not for one of several.
    const contents = texts.length === 1 ? texts.map((text) => readParamfile(`--${option}`, text)) : texts
    input[memberName] = readOption(option, member, contents, (value) => textOf(readParamfile(`--${option}`, value)))
  }
  return validInput(operation(name).input, { ...input, ...missingIn(input, file) }) as Input<N> // checked member by member against the model, which the type is made from
}

const missingIn = (input: object, file: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(file).filter(([name]) => !(name in input)))
