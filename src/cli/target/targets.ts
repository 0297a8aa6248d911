/** Where a request goes and whose credentials sign it. */

import type { Environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { Problem, usageProblem } from '../problem.ts'
import { wholeNumber } from '../python/whole-number.ts'
import { type AwsConfig, awsConfig, profileOf } from './aws-config.ts'
import { credentialsOf } from './engine-users.ts'
import { type LocalEngine, requireEngine, runningEngine, stateDirectory } from './state-dir.ts'
import { type NamedTarget, readTargets, targetCalled } from './target-list.ts'
import { type Transport, transportOf } from './transport.ts'

export interface LocalTarget {
  readonly kind: 'local'
  readonly url: string
  readonly region: string
  /** The engine's own, or with CACHECTL_USER those of a user of the engine. The user's AWS credentials are never read for this target. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The engine whose API this is: its control routes tell more than the API does. */
  readonly engine?: LocalEngine
  readonly transport?: Transport
}

/** AWS itself (no `url`), or another endpoint that speaks its API; credentials as the SDK finds them. */
export interface AwsTarget {
  readonly kind: 'aws' | 'endpoint'
  readonly url: string | undefined
  /** undefined: the SDK finds it in the configuration files. */
  readonly region: string | undefined
  readonly profile: string | undefined
  /** Those of the environment; undefined: the SDK finds them. */
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  readonly transport?: Transport
}

export type Target = LocalTarget | AwsTarget

/** A target and what made it the one. */
interface Chosen {
  readonly choice: NamedTarget
  readonly because: string
}

/**
 * `--endpoint-url`, `--target`, CACHECTL_TARGET, AWS_ENDPOINT_URL_ELASTICACHE, AWS_ENDPOINT_URL, `target use`,
 * `endpoint_url` of the profile, local.
 */
export function describeChoice(flags: GlobalOptions, env: Environment): Chosen {
  const endpointFlag = flags['endpoint-url']
  if (endpointFlag !== undefined) {
    return { choice: { kind: 'endpoint', url: askedUrl(endpointFlag) }, because: '--endpoint-url' }
  }
  const list = readTargets(stateDirectory(flags['state-dir'], env))
  if (flags.target !== undefined) {
    return { choice: targetCalled(list, flags.target), because: `--target ${flags.target}` }
  }
  if (env.CACHECTL_TARGET) return { choice: targetCalled(list, env.CACHECTL_TARGET), because: 'CACHECTL_TARGET' }
  const ignored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true'
  for (const name of ['AWS_ENDPOINT_URL_ELASTICACHE', 'AWS_ENDPOINT_URL'] as const) {
    const url = ignored ? undefined : env[name]
    if (url) return { choice: { kind: 'endpoint', url: configuredUrl(url) }, because: name }
  }
  if (list.current !== 'local')
    return { choice: targetCalled(list, list.current), because: `target use ${list.current}` }
  const endpointUrl = awsConfig(flags, env).endpointUrl()
  if (endpointUrl) {
    return { choice: { kind: 'endpoint', url: configuredUrl(endpointUrl) }, because: 'endpoint_url of the profile' }
  }
  return { choice: { kind: 'local' }, because: 'nothing says otherwise' }
}

/** Where calls go, by options, environment and the chosen target. Throws a Problem for settings that contradict each other. */
export function resolveTarget(flags: GlobalOptions, env: Environment): Target {
  const transport = transportOf(flags, env)
  checkRetries(awsConfig(flags, env).settings, env)
  const target = placeOf(flags, env)
  return transport ? { ...target, transport } : target
}

/** The SDK, which makes the attempts, would say less clearly that it can't. */
function checkRetries(settings: AwsConfig['settings'], env: Environment): void {
  const attempts = env.AWS_MAX_ATTEMPTS || settings.max_attempts
  const mode = env.AWS_RETRY_MODE || settings.retry_mode
  if (attempts && wholeNumber(attempts, 'AWS_MAX_ATTEMPTS, or max_attempts, is a whole number.') < 1) {
    const rule = 'must be an integer greater than or equal to 1.'
    throw new Problem('general', `Value provided to "max_attempts": ${attempts} ${rule}`)
  }
  if (!mode || ['legacy', 'standard', 'adaptive'].includes(mode)) return
  const modes = "('legacy', 'standard', 'adaptive')"
  throw new Problem('general', `Invalid value provided to "mode": "${mode}" must be one of: ${modes}`)
}

function placeOf(given: GlobalOptions, env: Environment): Target {
  const { choice } = describeChoice(given, env)
  const flags = { ...optionsOf(choice), ...given }
  const stateDir = stateDirectory(flags['state-dir'], env)
  const region = checkedRegion(flags.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined))
  if (choice.kind === 'local') return localTarget(requireEngine(stateDir), region, env)
  const engine = runningEngine(stateDir)
  if (choice.url !== undefined && engine && sameOrigin(choice.url, engine.info.url)) {
    // The engine by another road: it gets its own credentials, never the user's.
    return localTarget(engine, region, env)
  }
  if (choice.kind === 'aws') refuseEngineCredentials(engine, env)
  const config = awsConfig(flags, env)
  config.requireProfile()
  if (region === undefined) checkedRegion(config.settings.region)
  const credentials = flags.profile === undefined ? environmentCredentials(env) : undefined
  if (!credentials && flags['sign-request'] !== false) config.refuseHalfCredentials()
  return { kind: choice.kind, url: choice.url, region, profile: profileOf(flags, env), credentials }
}

/** Keys in the environment go before a profile that the environment names, as in aws-cli; one that is asked for goes first. */
function environmentCredentials(env: Environment): AwsTarget['credentials'] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env
  if (accessKeyId && !secretAccessKey) {
    throw new Problem('general', 'Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY')
  }
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(token && { sessionToken: token }) }
}

/** What a named target says goes without saying, and before the environment. */
const optionsOf = ({ region, profile, stateDir }: NamedTarget): GlobalOptions => ({
  ...(region !== undefined && { region }),
  ...(profile !== undefined && { profile }),
  ...(stateDir !== undefined && { 'state-dir': stateDir }),
})

/** botocore's rule: a label of a host name that is no number. */
function checkedRegion(region: string | undefined): string | undefined {
  if (!region || /^(?!\d+$)(?!-)[a-zA-Z0-9-]{1,63}(?<!-)$/.test(region)) return region
  throw new Problem('general', `Provided region_name '${region}' doesn't match a supported format.`)
}

const localTarget = (engine: LocalEngine, region: string | undefined, env: Environment): LocalTarget => ({
  kind: 'local',
  url: engine.info.url,
  region: region ?? engine.info.region,
  credentials: credentialsOf(engine, env.CACHECTL_USER),
  engine,
})

// After `eval "$(cachectl engine env)"` the environment holds the engine's keys; AWS would only say they are unknown.
function refuseEngineCredentials(engine: LocalEngine | undefined, env: Environment): void {
  if (!engine || env.AWS_ACCESS_KEY_ID !== engine.credentials.accessKeyId) return
  throw new Problem(
    'configuration',
    "The credentials in the environment are the local engine's; they are not sent to AWS.",
    'Unset AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (set by `cachectl engine env`), or open a new shell.',
  )
}

/** The value of --endpoint-url. Throws a usage problem when it is no http or https URL. */
export function askedUrl(text: string): string {
  if (isHttpUrl(text)) return text
  const form = 'Must be of the form http://<hostname>/ or https://<hostname>/'
  throw usageProblem(`Bad value for --endpoint-url "${text}": scheme is missing.  ${form}`)
}

/** Of the environment or a configuration file. */
function configuredUrl(text: string): string {
  if (isHttpUrl(text)) return text
  throw new Problem('general', `Invalid endpoint: ${text}`)
}

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

const sameOrigin = (a: string, b: string): boolean => originOf(a) === originOf(b)

function originOf(text: string): string {
  const url = new URL(text)
  return `${url.protocol}//${url.hostname === 'localhost' ? '127.0.0.1' : url.hostname}:${url.port}`
}

/** How a target is called where a person must know it: in questions and in errors. */
export function describeTarget(target: Target): string {
  if (target.kind === 'local') return `the local engine at ${target.url}, ${target.region}`
  const region = target.region ?? 'the default region'
  const profile = target.profile === undefined ? '' : `, profile ${target.profile}`
  return `${target.kind === 'aws' ? 'AWS' : target.url}, ${region}${profile}`
}
