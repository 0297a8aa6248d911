import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { engineFiles } from '../../../src/api/local-engine.ts'
import { Store } from '../../../src/engine/store/store.ts'
import { serverUsersOf } from '../../../src/engine/workloads/users/server-users.ts'
import { startTestEngine } from '../../support/engine.ts'
import { newGroup, newUser, PASSWORD, untilGroupActive } from './support.ts'

test('servers of a cache are told of the users of its group, and of hashes in the place of passwords', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createUser(newUser('app', { UserName: 'shop', AccessString: 'on ~app:* &news +@read +json.get' }))
  await client.createUser(newUser('job', { AuthenticationMode: { Type: 'iam' } }))
  await client.createUserGroup(newGroup('shop', ['app', 'job']))
  await untilGroupActive(client, 'shop')
  await engine.close()

  const store = await Store.open(engineFiles(engine.stateDir).store)
  const [group] = store.list('userGroup', 'us-west-2')
  const lines = group ? serverUsersOf(group, store, 'redis') : []
  await store.close()
  expect(lines).toEqual([
    'default nopass on ~* +@all',
    `shop #${hash('sha256', PASSWORD, 'hex')} on ~app:* resetchannels &news -@all +@read`,
    'job on ~* +@all',
  ])
})
