import { expect, test } from 'vitest'
import { arn, parseArn } from '../../src/api/names.ts'

test.each([
  ['us-west-2', 'aws'],
  ['', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['cn-northwest-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
])('ARNs of %s are of the partition %s', (region, partition) => {
  const named = { region, account: '000000000000', type: 'cluster', name: 'shop' }
  expect(arn(named)).toBe(`arn:${partition}:elasticache:${region}:000000000000:cluster:shop`)
  if (region !== '') expect(parseArn(arn(named))).toEqual(named)
})
