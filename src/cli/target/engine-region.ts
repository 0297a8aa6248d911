import { environment } from '../environment.ts'
import { type Flags, text } from '../flags.ts'
import { type GlobalOptions, stateDirFlag } from '../global-flags.ts'
import { control } from './engine-control.ts'
import { engineOf, type LocalEngine } from './state-dir.ts'

/** Options of commands about what the engine holds in one region. */
export const regionFlags = {
  region: text({ summary: "region of the resource (default: AWS_REGION, or the engine's)", helpValue: '<region>' }),
  ...stateDirFlag,
} satisfies Flags

/** The running engine, and the region its targets would work in. */
export function engineAndRegion(flags: Pick<GlobalOptions, 'region' | 'state-dir'>): {
  readonly engine: LocalEngine
  readonly region: string
} {
  const engine = engineOf(flags)
  const { AWS_REGION, AWS_DEFAULT_REGION } = environment
  return {
    engine,
    region: flags.region ?? (AWS_REGION || AWS_DEFAULT_REGION || engine.info.region),
  }
}

/** Asks the engine for what it holds in the region. */
export function askInRegion<T>(
  flags: Pick<GlobalOptions, 'region' | 'state-dir'>,
  path: string,
  request: object = {},
): Promise<T> {
  const { engine, region } = engineAndRegion(flags)
  return control<T>(engine, 'POST', path, { region, ...request })
}
