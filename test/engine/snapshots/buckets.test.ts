import { join, sep } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fault } from '../../../src/api/faults.ts'
import { readObjectArn } from '../../../src/engine/workloads/snapshots/buckets.ts'

test('an object in a bucket is named by its ARN', () => {
  expect(readObjectArn('arn:aws:s3:::my-bucket/2026/shop.rdb')).toEqual({ bucket: 'my-bucket', key: '2026/shop.rdb' })
})

test.each([
  ['arn:aws:s3:::my-bucket', /^Must specify an object path for S3 ARN$/],
  ['arn:aws:s3:::my-bucket/', /^Must specify an object path for S3 ARN$/],
  ['arn:aws:s3:::my-bucket/a,b.rdb', /names no file/],
  ['arn:aws:s3:::my-bucket/../a.rdb', /names no file/],
  ['arn:aws:s3:::../a.rdb', /is not the name of an S3 bucket/],
  ['s3://my-bucket/a.rdb', /is not the ARN of an object/],
])('%s is refused', (arn, words) => {
  expect(() => readObjectArn(arn)).toThrow(words)
})

test('no ARN names a file that is not in the folder of its bucket', () => {
  const parts = fc.array(fc.oneof(fc.constantFrom('..', '.', '', 'a', '\0', '\\..\\'), fc.string()), { maxLength: 5 })
  fc.assert(
    fc.property(fc.oneof(fc.constant('my-bucket'), fc.string()), parts, (name, path) => {
      try {
        const { bucket, key } = readObjectArn(`arn:aws:s3:::${name}/${path.join('/')}`)
        expect(join('/s3', bucket, key).startsWith(join('/s3', bucket) + sep)).toBe(true)
        expect(bucket).not.toContain('/')
      } catch (error) {
        expect((error as Fault).code).toBe('InvalidParameterValue')
      }
    }),
  )
})
