/** AWS's configuration files, as far as the command line itself is ruled by them; the SDK reads its own part. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './environment.ts'
import type { FlagValues } from './parse.ts'
import { Problem } from './problem.ts'

/** Settings of one profile; what stands indented under `s3 =` and the like is `s3.addressing_style`. */
export type Settings = Readonly<Record<string, string>>

type Sections = Readonly<Record<string, Settings>>

export interface AwsConfig {
  readonly settings: Settings
  /** `endpoint_url` of the service or of the profile, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true. */
  readonly endpointUrl: string | undefined
}

/**
 * The profile chosen by `--profile`, AWS_PROFILE or AWS_DEFAULT_PROFILE. One that `--profile` names must exist; one that
 * the environment names is of no concern to calls of the local engine, and the SDK refuses it for the others.
 */
export function awsConfig(flags: FlagValues, env: Environment): AwsConfig {
  const config = sectionsOf(env.AWS_CONFIG_FILE || inHome(env, 'config'))
  const named = profileOf(flags, env)
  const profile = named ?? 'default'
  const settings = config[`profile ${profile}`] ?? (profile === 'default' ? config.default : undefined)
  if (!settings && flags.profile !== undefined && !hasCredentials(profile, env)) {
    throw new Problem('general', `The config profile (${named}) could not be found`)
  }
  return { settings: settings ?? {}, endpointUrl: endpointUrlOf(config, settings ?? {}, env) }
}

export const profileOf = (flags: FlagValues, env: Environment): string | undefined =>
  (flags.profile as string | undefined) ?? (env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || undefined)

const inHome = (env: Environment, file: string): string => join(env.HOME || homedir(), '.aws', file)

const hasCredentials = (profile: string, env: Environment): boolean =>
  profile in sectionsOf(env.AWS_SHARED_CREDENTIALS_FILE || inHome(env, 'credentials'))

function endpointUrlOf(config: Sections, settings: Settings, env: Environment): string | undefined {
  const ignored = [env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, settings.ignore_configured_endpoint_urls]
  if (ignored.some((value) => value?.toLowerCase() === 'true')) return undefined
  const services = settings.services === undefined ? undefined : config[`services ${settings.services}`]
  return services?.['elasticache.endpoint_url'] ?? settings.endpoint_url
}

/** No file is as good as an empty one. */
function sectionsOf(path: string): Sections {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return {}
  }
  return parseConfig(text)
}

/** Pure. Names of sections lose their quotes and double spaces: `[profile "web team"]` is `profile web team`. */
function parseConfig(text: string): Sections {
  const sections: Record<string, Record<string, string>> = {}
  let section: Record<string, string> | undefined
  let parent = ''
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]
    if (heading !== undefined) {
      const name = heading.replace(/^(\S+)\s+["']?(.*?)["']?$/, '$1 $2')
      sections[name] ??= {}
      section = sections[name]
      continue
    }
    if (!section || /^\s*([#;]|$)/.test(line)) continue
    const [, indent = '', name = '', value = ''] = /^(\s*)([^=\s]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
    if (name === '') continue
    if (indent === '') parent = name
    section[indent === '' ? name : `${parent}.${name}`] = value.replace(/\s[#;].*$/, '').trimEnd()
  }
  return sections
}
