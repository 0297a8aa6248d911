import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { regionalKinds } from '../../../src/api/catalog/resources.ts'
import { backupName, backupOf, creation, deletion, exportation, restoration } from '../../../src/cli/caches/backups.ts'
import type { Found } from '../../../src/cli/caches/resources.ts'
import type { Problem } from '../../../src/cli/problem.ts'
import { NODE, SKIPPED, server } from '../../engine/replication-groups/support.ts'
import { temporaryHome } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const found = (id: string, item: Record<string, unknown>): Found => {
  const kind = regionalKinds.find((each) => each.id === id)
  if (!kind) throw new Error(`no kind is named by ${id}`)
  return { kind, item }
}

describe('of replication groups and their nodes', () => {
  const snapshot = found('SnapshotName', { SnapshotName: 'old', ReplicationGroupId: 'front' })

  test.each([
    [creation(found('ReplicationGroupId', { ReplicationGroupId: 'front' }), 'b'), 'CreateSnapshot'],
    [creation(found('CacheClusterId', { CacheClusterId: 'one', Engine: 'redis' }), 'b'), 'CreateSnapshot'],
    [restoration(snapshot, 'new'), 'CreateReplicationGroup'],
    [exportation(snapshot, 'bucket'), 'CopySnapshot'],
    [deletion(snapshot), 'DeleteSnapshot'],
  ])('%j', ({ name, input }, operation) => {
    expect(name).toBe(operation)
    expect(Object.values(input)).not.toContain(undefined)
  })
})

test('in parts is restored to as many node groups, and tells the size of all of them and when the last was written', () => {
  const written = (minute: number, size: number) => ({
    CacheSize: `${size} MB`,
    SnapshotCreateTime: new Date(Date.UTC(2026, 0, 1, 0, minute)),
  })
  const item = { SnapshotName: 'old', ReplicationGroupId: 'front', NumNodeGroups: 2 }
  const backup = found('SnapshotName', { ...item, NodeSnapshots: [written(2, 3), written(1, 4)] })
  expect(restoration(backup, 'new').input).toMatchObject({ NumNodeGroups: 2, AutomaticFailoverEnabled: true })
  expect(backupOf(backup)).toMatchObject({ of: 'front', size: '7 MB', created: '2026-01-01T00:02:00.000Z' })
  const unfinished = found('SnapshotName', { ...item, NodeSnapshots: [{ CacheSize: '' }] })
  expect(backupOf(unfinished)).toMatchObject({ size: null, created: null })
})

test('of a Memcached cluster is none; where keys can be listed there is a way to keep them', () => {
  const cluster = (EngineVersion: string) =>
    found('CacheClusterId', { CacheClusterId: 'a', Engine: 'memcached', EngineVersion })
  const hint = (version: string) => {
    try {
      return creation(cluster(version), 'b').name
    } catch (error) {
      return (error as Problem).hint
    }
  }
  expect(hint('1.6.12')).toContain('cachectl kv dump a > a.jsonl')
  expect(hint('1.6.22')).toContain('--serverless-cache-name')
})

test('a name of a backup is never longer than the service takes', () => {
  const at = new Date('2026-11-21T13:05:00Z')
  expect(backupName('shop', at)).toBe('shop-20261121-130500')
  expect(backupName(`${'a'.repeat(23)}-${'b'.repeat(16)}`, at)).toBe(`${'a'.repeat(23)}-20261121-130500`)
})

describe('cachectl backup', () => {
  const home = temporaryHome(afterAll)
  const names = () => home.answer('backup', 'list', '--output', 'names')

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    const cluster = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '1']
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...cluster)
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'cart', '--engine', 'memcached', '--wait')
  })

  test('makes one, restores it, exports it and deletes it', async () => {
    const made = JSON.parse(await home.answer('backup', 'create', 'cart', '--name', 'before', '--wait'))
    expect(made.ServerlessCacheSnapshot).toMatchObject({ ServerlessCacheSnapshotName: 'before', Status: 'available' })
    expect(await home.answer('backup', 'list', 'catr')).toBe('No backups of catr. Did you mean cart?\n')
    expect(await home.answer('backup', 'list')).toMatch(/│ before .*│ \d+ B /)
    expect(JSON.parse(await home.answer('backup', 'list', 'cart', '--output', 'json'))).toMatchObject([
      { name: 'before', of: 'cart', status: 'available', engine: 'memcached 1.6', kind: 'serverless snapshot' },
    ])
    const restored = JSON.parse(await home.answer('backup', 'restore', 'before', '--as', 'cart-2', '--wait'))
    expect(restored.ServerlessCache).toMatchObject({ ServerlessCacheName: 'cart-2', Status: 'available' })
    await home.answer('backup', 'export', 'before', '--bucket', 'my-backups', '--wait')
    expect(existsSync(join(home.stateDir, 's3', 'my-backups'))).toBe(true)
    expect(await home.cachectl('backup', 'delete', 'before')).toMatchObject({ code: 252, stdout: '' })
    await home.answer('backup', 'delete', 'before', '--yes', '--wait')
    expect(await names()).toBe('')
  })

  test.skipIf(!server)(
    `waits for those of Redis OSS and Valkey, exports, and the last of a cluster ${SKIPPED}`,
    async () => {
      const node = ['--engine', NODE.Engine, '--cache-node-type', NODE.CacheNodeType]
      await home.answer('create-cache-cluster', '--cache-cluster-id', 'till', ...node, '--wait')
      await home.answer('backup', 'create', 'till', '--name', 'noon', '--wait')
      const copy = ['--source-snapshot-name', 'noon', '--target-snapshot-name', 'out', '--target-bucket', 'my-rdb']
      const exported = JSON.parse(await home.answer('copy-snapshot', ...copy, '--wait'))
      expect(exported.Snapshot).toMatchObject({ SnapshotName: 'noon', SnapshotStatus: 'available' })
      expect(existsSync(join(home.stateDir, 's3', 'my-rdb', 'out-0001.rdb'))).toBe(true)
      const final = ['--final-snapshot-identifier', 'night']
      await home.answer('delete-cache-cluster', '--cache-cluster-id', 'till', ...final, '--wait')
      expect(await names()).toBe('night\nnoon\n')
      expect(await home.answer('completion', 'ids', 'source-snapshot-name')).toContain('noon')
      for (const name of ['night', 'noon']) await home.answer('backup', 'delete', name, '--yes', '--wait')
    },
  )

  test('says what to do instead for Memcached clusters, and which name was meant', async () => {
    const refused = await home.cachectl('backup', 'create', 'shop')
    expect(refused).toMatchObject({ code: 255, stdout: '' })
    expect(refused.stderr).toContain('does not let clients list keys')
    expect(await home.cachectl('backup', 'create', 'car')).toMatchObject({
      code: 254,
      stderr: expect.stringContaining('Did you mean cart?'),
    })
    expect(await home.cachectl('backup', 'restore', 'cart')).toMatchObject({ code: 252 })
  })

  test.skipIf(!hasTerminal)('asks before it deletes', async () => {
    await home.answer('backup', 'create', 'cart', '--name', 'kept', '--wait')
    const screen = await onTerminal(['backup', 'delete', 'kept'], {
      env: { CACHECTL_HOME: home.stateDir },
      answers: [['(y/N)', 'n\r']],
    })
    expect(screen.text).toContain('Delete the backup kept of cart on the local engine')
    expect(screen.text).toContain('Nothing was changed.')
    expect(await names()).toBe('kept\n')
  })
})
