import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { awsConfig } from '../../../src/cli/target/aws-config.ts'
import { resolveTarget } from '../../../src/cli/target/targets.ts'
import { temporaryDirectory } from '../../support/engine.ts'

function home(config: string, credentials = ''): { HOME: string; CACHECTL_HOME: string } {
  const HOME = temporaryDirectory()
  mkdirSync(join(HOME, '.aws'))
  writeFileSync(join(HOME, '.aws', 'config'), config)
  writeFileSync(join(HOME, '.aws', 'credentials'), credentials)
  return { HOME, CACHECTL_HOME: HOME }
}

describe("a configuration file is read as Python's configparser reads it", () => {
  test.each<[string, Record<string, string>]>([
    ['[default]\noutput = text\n', { output: 'text' }],
    ['[default]\noutput: text\r\nregion=x\r\n', { output: 'text', region: 'x' }],
    ['; c\n\n[default]\n  # c\nOutput=text # not a comment\n', { output: 'text # not a comment' }],
    ['[default]\ns3 =\n  output = json\noutput = text\n', { s3: '', 's3.output': 'json', output: 'text' }],
    ['[profile default]\nx = a=b\n', { x: 'a=b' }],
  ])('%j', (text, settings) => {
    expect(awsConfig({}, home(text)).settings).toEqual(settings)
  })

  test.each([
    'output = text\n[default]\n',
    '[default]\noutput\n',
    '[default]\noutput = a\nOUTPUT = b\n',
    '[default]\n[default]\n',
  ])('%j is refused', (text) => {
    expect(() => awsConfig({}, home(text))).toThrow('Unable to parse config file: ')
  })

  test('wherever the environment says, with `~` for home', () => {
    const env = home('[default]\n')
    writeFileSync(join(env.HOME, 'mine'), '[default]\noutput = text\n')
    expect(awsConfig({}, { ...env, AWS_CONFIG_FILE: '~/mine' }).settings).toEqual({ output: 'text' })
  })
})

describe('what a profile lacks is said before a call to AWS', () => {
  const url = 'endpoint_url = http://127.0.0.1:9\n'
  const role = 'role_arn = arn:aws:iam::000000000000:role/x\n'
  test.each([
    ['[default]\nservices = s3only\n', 'the "s3only" services configuration does not exist'],
    [`[default]\n${url}[profile p]\n${url}${role}source_profile = q\n`, 'The source_profile "q" referenced in the'],
    [`[profile p]\n${url}${role}`, 'Partial credentials found in assume-role, missing: source_profile'],
    [`[profile p]\n${url}aws_access_key_id = AKIA\n`, 'missing: aws_secret_access_key'],
    [`[default]\n${url}retry_mode = often\n`, 'Invalid value provided to "mode": "often"'],
    [`[default]\n${url}max_attempts = 0\n`, 'must be an integer greater than or equal to 1'],
    [`[default]\n${url}region = eu west\n`, "Provided region_name 'eu west' doesn't match"],
  ])('%j: %s', (config, words) => {
    const AWS_PROFILE = config.includes('[profile p]') ? 'p' : ''
    expect(() => resolveTarget({}, { ...home(config), AWS_PROFILE })).toThrow(words)
  })

  test('a profile of the environment that is nowhere', () => {
    const env = { ...home('[default]\n'), AWS_PROFILE: 'nosuch', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }
    expect(() => resolveTarget({}, env)).toThrow('The config profile (nosuch) could not be found')
  })

  test('half a pair of keys in the environment', () => {
    const env = { ...home(''), AWS_ACCESS_KEY_ID: 'AKIA', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }
    expect(() => resolveTarget({}, env)).toThrow('missing: AWS_SECRET_ACCESS_KEY')
  })
})
