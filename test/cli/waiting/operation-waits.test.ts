import { expect, test } from 'vitest'
import { changedMember, waits } from '../../../src/cli/waiting/operation-waits.ts'

test('an export of a snapshot is waited for at the snapshot itself, a copy at the new one', () => {
  const copying = waits.CopySnapshot ?? expect.fail('nothing to wait for')
  const names = { SourceSnapshotName: 'friday', TargetSnapshotName: 'out' }
  expect(changedMember(copying, names)).toBe('TargetSnapshotName')
  expect(changedMember(copying, { ...names, TargetBucket: 'my-bucket' })).toBe('SourceSnapshotName')
})
