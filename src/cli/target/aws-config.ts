/** AWS's configuration files, as far as the command line itself is ruled by them; the SDK reads its own part. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { Problem } from '../problem.ts'

/** Settings of one profile; what stands indented under `s3 =` and the like is `s3.addressing_style`. */
export type Settings = Readonly<Record<string, string>>

type Sections = Readonly<Record<string, Settings>>

export interface AwsConfig {
  readonly settings: Settings
  /** `endpoint_url` of the service or of the profile, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true. */
  endpointUrl(): string | undefined
  /** Throws when a profile is named, by an option or the environment, that is nowhere. */
  requireProfile(): void
  /** Throws when the profile says where credentials are, and they can't be there. */
  refuseHalfCredentials(): void
}

/**
 * The profile chosen by `--profile`, AWS_PROFILE or AWS_DEFAULT_PROFILE. One that `--profile` names must exist; one that
 * the environment names is of no concern to calls of the local engine, and the SDK refuses it for the others.
 */
export function awsConfig(flags: Pick<GlobalOptions, 'profile'>, env: Environment): AwsConfig {
  const config = sectionsOf(fileOf(env, env.AWS_CONFIG_FILE, 'config'))
  const named = profileOf(flags, env)
  const profile = named ?? 'default'
  const settings = config[`profile ${profile}`] ?? (profile === 'default' ? config.default : undefined)
  const requireProfile = (): void => {
    if (settings || named === undefined || hasCredentials(named, env)) return
    throw new Problem('general', `The config profile (${named}) could not be found`)
  }
  if (flags.profile) requireProfile()
  return {
    settings: settings ?? {},
    endpointUrl: () => endpointUrlOf(config, settings ?? {}, env),
    requireProfile,
    refuseHalfCredentials: () => refuseHalfCredentials(config, settings ?? {}, profile, env),
  }
}

/** botocore's words for what the SDK passes over in silence, to say in the end that there are no credentials. */
function refuseHalfCredentials(config: Sections, settings: Settings, profile: string, env: Environment): void {
  const refuse = (reason: string): never => {
    throw new Problem('general', reason)
  }
  const { role_arn: role, source_profile: source, credential_source: place } = settings
  if (role !== undefined && source === undefined && place === undefined && !settings.web_identity_token_file) {
    refuse('Partial credentials found in assume-role, missing: source_profile or credential_source')
  }
  const isThere = (name: string) => `profile ${name}` in config || name in config || hasCredentials(name, env)
  if (role !== undefined && source !== undefined && !isThere(source)) {
    refuse(`The source_profile "${source}" referenced in the profile "${profile}" does not exist.`)
  }
  if (settings.aws_access_key_id && !settings.aws_secret_access_key && !hasCredentials(profile, env)) {
    refuse('Partial credentials found in config-file, missing: aws_secret_access_key')
  }
}

export const profileOf = (flags: Pick<GlobalOptions, 'profile'>, env: Environment): string | undefined =>
  flags.profile || env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || undefined

/** `given`: of the environment, where the shell may have left the `~` as it is. */
function fileOf(env: Environment, given: string | undefined, name: string): string {
  const home = env.HOME || homedir()
  return given ? given.replace(/^~(?=\/|$)/, home) : join(home, '.aws', name)
}

const hasCredentials = (profile: string, env: Environment): boolean =>
  profile in sectionsOf(fileOf(env, env.AWS_SHARED_CREDENTIALS_FILE, 'credentials'))

function endpointUrlOf(config: Sections, settings: Settings, env: Environment): string | undefined {
  const ignored = [env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, settings.ignore_configured_endpoint_urls]
  if (ignored.some((value) => value?.toLowerCase() === 'true')) return undefined
  const services = settings.services === undefined ? undefined : config[`services ${settings.services}`]
  if (settings.services !== undefined && !services) {
    const missing = `the "${settings.services}" services configuration does not exist`
    throw new Problem('general', `The profile is configured to use the services section but ${missing}.`)
  }
  return services?.['elasticache.endpoint_url'] ?? settings.endpoint_url
}

/** No file is as good as an empty one, and so is one that can't be opened, to aws-cli too: what it was to tell is then missing. */
function sectionsOf(path: string): Sections {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return {}
  }
  return parseConfig(text, path)
}

/**
 * As Python's configparser reads it: nothing twice, nothing before the first section, no comment behind a value, names in
 * any case. Names of sections lose their quotes and double spaces: `[profile "web team"]` is `profile web team`.
 */
function parseConfig(text: string, path: string): Sections {
  const sections: Record<string, Record<string, string>> = {}
  const headings = new Set<string>()
  let section: Record<string, string> | undefined
  let parent: string | undefined
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue
    const [, indent = '', content = ''] = /^(\s*)(.*?)\s*$/.exec(line) ?? []
    if (section && indent !== '' && parent !== undefined) {
      const [, name, value] = /^([^=]+?)\s*=\s*(.*)$/.exec(content) ?? []
      if (name !== undefined && value !== undefined) section[`${parent}.${name}`] = value
      continue
    }
    const heading = /^\[\s*([^\]]+?)\s*\]/.exec(content)?.[1]
    if (heading !== undefined) {
      if (headings.has(heading)) throw unreadable(path)
      headings.add(heading)
      const name = heading.replace(/^(\S+)\s+["']?(.*?)["']?$/, '$1 $2')
      sections[name] ??= {}
      section = sections[name]
      parent = undefined
      continue
    }
    const [, option, value = ''] = /^(.+?)\s*[=:]\s*(.*)$/.exec(content) ?? []
    const name = option?.toLowerCase()
    if (!section || name === undefined || name in section) throw unreadable(path)
    section[name] = value
    parent = name
  }
  return sections
}

const unreadable = (path: string): Problem => new Problem('general', `Unable to parse config file: ${path}`)
