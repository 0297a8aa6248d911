import { environment } from '../environment.ts'
import { type Flag, type Flags, text } from '../flags.ts'
import type { FlagValues } from '../parse.ts'
import { type LocalEngine, requireEngine } from '../state-dir.ts'
import { forPeople, printLine } from '../terminal.ts'
import { choiceOf, outputFlag, stateDirFlag, stateDirOf } from './engine-flags.ts'

/** Options of commands about what the engine holds in one region. */
export const regionFlags: Flags = {
  region: text({ summary: 'region of the resource (default: AWS_REGION, or the engine’s)', helpValue: '<region>' }),
  ...outputFlag,
  ...stateDirFlag,
}

/** An option that cannot be left out. */
export const required = (flag: Flag): Flag => ({ ...flag, required: true }) as Flag

/** The running engine, and the region its targets would work in. */
export function engineAndRegion(flags: FlagValues): { readonly engine: LocalEngine; readonly region: string } {
  const engine = requireEngine(stateDirOf(flags))
  const { AWS_REGION, AWS_DEFAULT_REGION } = environment
  return {
    engine,
    region: (flags.region as string | undefined) ?? (AWS_REGION || AWS_DEFAULT_REGION || engine.info.region),
  }
}

/** JSON for programs, or lines for people. */
export async function printAnswer<T>(flags: FlagValues, answer: T, lines: (answer: T) => string | Promise<string>) {
  const json = choiceOf(flags, 'output', ['text', 'json'], 'text') === 'json'
  printLine(json ? JSON.stringify(answer, null, 4) : await lines(forPeople(answer)))
}
