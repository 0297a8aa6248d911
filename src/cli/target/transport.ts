/** How requests travel, where the command line asks for something else than usual. */

import type { Environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { Problem } from '../problem.ts'
import { wholeNumber } from '../python/whole-number.ts'
import { awsConfig } from './aws-config.ts'

export interface Transport {
  readonly sign: boolean
  readonly verify: boolean
  /** Certificates of the authorities to trust, instead of Node's. */
  readonly caFile: string | undefined
  /** Infinity: for ever. */
  readonly readTimeoutMs: number
  readonly connectTimeoutMs: number
  /** Tell on stderr what is sent and what comes back. */
  readonly debug: boolean
}

/** botocore's, for reading and for connecting. */
const DEFAULT_TIMEOUT_S = 60

export const USUAL_TRANSPORT: Transport = {
  sign: true,
  verify: true,
  caFile: undefined,
  readTimeoutMs: DEFAULT_TIMEOUT_S * 1000,
  connectTimeoutMs: DEFAULT_TIMEOUT_S * 1000,
  debug: false,
}

const OPTIONS = ['sign-request', 'verify-ssl', 'ca-bundle', 'cli-read-timeout', 'cli-connect-timeout'] as const

/** undefined: as usual. */
export function transportOf(flags: GlobalOptions, env: Environment): Transport | undefined {
  const caBundle = env.AWS_CA_BUNDLE || awsConfig(flags, env).settings.ca_bundle
  if (!caBundle && flags.debug !== true && !OPTIONS.some((option) => flags[option] !== undefined)) return undefined
  return {
    sign: flags['sign-request'] !== false,
    verify: flags['verify-ssl'] !== false,
    caFile: flags['ca-bundle'] ?? caBundle,
    readTimeoutMs: timeoutOf(flags, 'cli-read-timeout'),
    connectTimeoutMs: timeoutOf(flags, 'cli-connect-timeout'),
    debug: flags.debug === true,
  }
}

function timeoutOf(flags: GlobalOptions, option: 'cli-read-timeout' | 'cli-connect-timeout'): number {
  const given = flags[option]
  if (given === undefined) return DEFAULT_TIMEOUT_S * 1000
  const seconds = wholeNumber(given, `--${option} takes a whole number of seconds.`)
  if (seconds >= 0) return seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000
  const kind = option.split('-')[1]
  const reason = 'but the timeout cannot be set to a value less than or equal to 0.'
  throw new Problem('general', `Attempted to set ${kind} timeout to ${seconds}, ${reason}`)
}
