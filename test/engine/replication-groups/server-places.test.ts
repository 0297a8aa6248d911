import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { isInstalled } from '../../support/programs.ts'
import { startTestEngine } from '../../support/real-servers.ts'

const group = {
  ReplicationGroupId: 'shop',
  ReplicationGroupDescription: 'a group',
  Engine: 'redis',
  CacheNodeType: 'cache.t4g.micro',
}

test('a group whose server is not where it is said to be is refused, and told what to install', async () => {
  const engine = await startTestEngine({ serverPlaces: { 'redis-server': '/nonexistent/redis-server' } })
  await expect(engine.client().createReplicationGroup(group)).rejects.toThrow(
    /^Redis OSS nodes are run by redis-server, which is not installed: \/nonexistent\/redis-server cannot be run\. Its package: apt-get install redis-server .* CACHECTL_REDIS_SERVER/,
  )
})

test.skipIf(!isInstalled('redis-server'))(
  'a server that is named runs the nodes (skipped without redis-server)',
  async () => {
    const place = join(temporaryDirectory(), 'own-redis')
    const log = `${place}.log`
    const real = execFileSync('/bin/sh', ['-c', 'command -v redis-server'], { encoding: 'utf8' }).trim()
    writeFileSync(place, `#!/bin/sh\necho "$*" >>${log}\nexec ${real} "$@"\n`)
    chmodSync(place, 0o700)
    const engine = await startTestEngine({ serverPlaces: { 'redis-server': place } })
    const client = engine.client()
    await client.createReplicationGroup(group)
    await eventually('the group is available', async () => {
      const { ReplicationGroups } = await client.describeReplicationGroups({})
      return ReplicationGroups?.[0]?.Status === 'available'
    })
    expect(readFileSync(log, 'utf8')).toContain('server.conf')
  },
)
