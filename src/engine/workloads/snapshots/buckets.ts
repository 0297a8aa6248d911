/**
 * Buckets of S3 that requests name; here they are folders of the state directory. Pure. Texts are ours, but for
 * that of an object path.
 */
import { Fault } from '../../../api/faults.ts'
import { missing } from '../../http/query-protocol.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)

/** S3's rules for names of buckets, as far as they keep the name a folder's. */
export function readBucket(name: string | undefined, member: string): string {
  if (!name) throw missing(member, name)
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..')) {
    throw invalid(`${name} is not the name of an S3 bucket.`)
  }
  return name
}

export interface BucketObject {
  readonly bucket: string
  readonly key: string
}

/** `arn:aws:s3:::my-bucket/folder/file.rdb`. Of the refusals only the words about the path are AWS's, and those not for sure. */
export function readObjectArn(text: string): BucketObject {
  const [, bucket, key] = /^arn:aws[\w-]*:s3:::([^/]*)(?:\/(.*))?$/s.exec(text) ?? []
  if (bucket === undefined) throw invalid(`${text} is not the ARN of an object in S3.`)
  if (!key) throw invalid('Must specify an object path for S3 ARN')
  const isPath = key.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  if (!isPath || /[,\\\0]/.test(key)) throw invalid(`${text} names no file that can be read.`)
  return { bucket: readBucket(bucket, 'SnapshotArns'), key }
}
