import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isOperation, type OperationName, operationNames } from '../../../src/api/model.ts'
import { inputFrom, operationFlags } from '../../../src/cli/call/operation-input.ts'
import { parseArguments } from '../../../src/cli/parse.ts'
import { openClient } from '../../../src/cli/target/client.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { recordRequests, result } from '../support/recorder.ts'

const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' }

/** A command line through flags, model and the SDK's client, to the parameters that arrive. */
async function requestOf(line: string | readonly string[]): Promise<Record<string, string>> {
  const [command = '', ...argv] = typeof line === 'string' ? line.split(' ') : line
  const name = operationNames.find((each) => each.toLowerCase() === command.replaceAll('-', '')) as OperationName
  expect(isOperation(name)).toBe(true)
  const input = inputFrom(name, parseArguments(argv, operationFlags(name)).flags)
  const recorder = await recordRequests()
  const client = await openClient({ kind: 'local', url: recorder.url, region: 'eu-central-1', credentials })
  await client.call(name, input as never).finally(() => client.close())
  expect(recorder.requests.map(({ action }) => action)).toEqual([name])
  return recorder.requests[0]?.parameters ?? {}
}

describe('a command line becomes the request that aws-cli makes of it', () => {
  test.each<[string, Record<string, string>]>([
    ['describe-cache-clusters', {}],
    [
      'create-cache-cluster --cache-cluster-id shop --num-cache-nodes 3 --no-auto-minor-version-upgrade',
      { CacheClusterId: 'shop', NumCacheNodes: '3', AutoMinorVersionUpgrade: 'false' },
    ],
    [
      'create-cache-cluster --cache-cluster-id a --preferred-availability-zones us-west-2a us-west-2b',
      {
        CacheClusterId: 'a',
        'PreferredAvailabilityZones.PreferredAvailabilityZone.1': 'us-west-2a',
        'PreferredAvailabilityZones.PreferredAvailabilityZone.2': 'us-west-2b',
      },
    ],
    [
      'modify-cache-cluster --cache-cluster-id a --num-cache-nodes 1 --cache-node-ids-to-remove 0001 0002 --apply-immediately',
      {
        CacheClusterId: 'a',
        NumCacheNodes: '1',
        'CacheNodeIdsToRemove.CacheNodeId.1': '0001',
        'CacheNodeIdsToRemove.CacheNodeId.2': '0002',
        ApplyImmediately: 'true',
      },
    ],
    [
      'modify-cache-cluster --cache-cluster-id a --cache-node-ids-to-remove ["0003"]',
      { CacheClusterId: 'a', 'CacheNodeIdsToRemove.CacheNodeId.1': '0003' },
    ],
    [
      'add-tags-to-resource --resource-name arn --tags Key=team,Value=web Key=empty,Value=',
      {
        ResourceName: 'arn',
        'Tags.Tag.1.Key': 'team',
        'Tags.Tag.1.Value': 'web',
        'Tags.Tag.2.Key': 'empty',
        'Tags.Tag.2.Value': '',
      },
    ],
    [
      'add-tags-to-resource --resource-name arn --tags [{"Key":"a","Value":"1"}]',
      { ResourceName: 'arn', 'Tags.Tag.1.Key': 'a', 'Tags.Tag.1.Value': '1' },
    ],
    [
      'modify-cache-parameter-group --cache-parameter-group-name g --parameter-name-values ParameterName=chunk_size,ParameterValue=96',
      {
        CacheParameterGroupName: 'g',
        'ParameterNameValues.ParameterNameValue.1.ParameterName': 'chunk_size',
        'ParameterNameValues.ParameterNameValue.1.ParameterValue': '96',
      },
    ],
    [
      'create-serverless-cache --serverless-cache-name s --engine memcached --cache-usage-limits DataStorage={Maximum=5,Unit=GB},ECPUPerSecond={Maximum=1000}',
      {
        ServerlessCacheName: 's',
        Engine: 'memcached',
        'CacheUsageLimits.DataStorage.Maximum': '5',
        'CacheUsageLimits.DataStorage.Unit': 'GB',
        'CacheUsageLimits.ECPUPerSecond.Maximum': '1000',
      },
    ],
    [
      'describe-events --start-time 2026-11-20T08:00:00 --duration 60',
      { StartTime: '2026-11-20T08:00:00Z', Duration: '60' },
    ],
    ['describe-events --start-time 1763625600', { StartTime: '2025-11-20T08:00:00Z' }],
  ])('%s', async (line, parameters) => {
    expect(await requestOf(line)).toEqual(parameters)
  })

  test('file:// is replaced by what the file holds', async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'in'), { recursive: true })
    writeFileSync(join(directory, 'in', 'tags.json'), '[{"Key": "k", "Value": "v"}]')
    const line = ['add-tags-to-resource', '--resource-name', 'arn', '--tags', `file://${directory}/in/tags.json`]
    expect(await requestOf(line)).toMatchObject({ 'Tags.Tag.1.Key': 'k', 'Tags.Tag.1.Value': 'v' })
  })
})

describe('values that cannot be', () => {
  const complaintAbout = (argv: string[]) => {
    const name = 'CreateCacheCluster'
    return () => inputFrom(name, parseArguments(['--cache-cluster-id', 'a', ...argv], operationFlags(name)).flags)
  }

  test.each([
    [['--num-cache-nodes', 'abc'], "invalid literal for int() with base 10: 'abc'"],
    [['--tags', 'Key=a,Valu=b'], 'Unknown parameter in Tags[0]: "Valu", must be one of: Key, Value'],
    [['--tags', 'Key'], `Error parsing parameter '--tags': Expected: '=', received: 'EOF' for input:\nKey\n   ^`],
    [['--tags', '[{"Key"'], "Error parsing parameter '--tags': Invalid JSON"],
    [['--tags', 'file:///nosuch'], "Error parsing parameter '--tags': Unable to load paramfile file:///nosuch"],
  ])('%j', (argv, message) => {
    expect(complaintAbout(argv)).toThrow(message)
  })
})

describe('a list that botocore reads under another name than the SDK', () => {
  const SDK = 'LogDeliveryConfigurations'
  const BOTOCORE = 'PendingLogDeliveryConfiguration'
  const under = (name: string, type: string) => `<${name}><member><LogType>${type}</LogType></member></${name}>`

  test.each([
    ["the SDK's", under(SDK, 'slow-log'), [{ LogType: 'slow-log' }]],
    ["botocore's", under(BOTOCORE, 'slow-log'), [{ LogType: 'slow-log' }]],
    ['both', under(SDK, 'slow-log') + under(BOTOCORE, 'slow-log'), [{ LogType: 'slow-log' }]],
    ["botocore's, empty", `<${BOTOCORE}/>`, []],
    [
      "botocore's, with a value that looks like it",
      under(BOTOCORE, `&lt;${BOTOCORE}>`),
      [{ LogType: `<${BOTOCORE}>` }],
    ],
  ])('is read under %s', async (_, list, expected) => {
    const pending = `<PendingModifiedValues>${list}</PendingModifiedValues>`
    const { url } = await recordRequests(({ action }) => {
      const kind = action === 'ModifyCacheCluster' ? 'CacheCluster' : 'ReplicationGroup'
      return { body: result(action, `<${kind}>${pending}</${kind}>`) }
    })
    const place = { url, region: 'eu-central-1', credentials }
    for (const target of [
      { kind: 'local', ...place } as const,
      { kind: 'endpoint', ...place, profile: undefined } as const,
    ]) {
      const client = await openClient(target)
      const { CacheCluster } = await client.call('ModifyCacheCluster', { CacheClusterId: 'a' })
      const { ReplicationGroup } = await client.call('ModifyReplicationGroup', { ReplicationGroupId: 'a' })
      client.close()
      expect(CacheCluster?.PendingModifiedValues?.LogDeliveryConfigurations).toEqual(expected)
      expect(ReplicationGroup?.PendingModifiedValues?.LogDeliveryConfigurations).toEqual(expected)
    }
  })
})
