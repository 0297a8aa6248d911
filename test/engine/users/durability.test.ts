import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/engine.ts'
import { start } from '../../support/engine-process.ts'
import { eventually } from '../../support/eventually.ts'
import { describedGroup, describedUser, newGroup, newUser, untilGroupActive, untilUserActive } from './support.ts'

test('what was begun with users and groups is ended by the engine after kill -9', async () => {
  const stateDir = temporaryDirectory()
  const killed = await start(stateDir)
  for (const id of ['ann', 'bob']) await killed.client.createUser(newUser(id))
  await killed.client.createUserGroup(newGroup('shop', ['ann', 'bob']))
  await untilGroupActive(killed.client, 'shop')
  await killed.client.createUserGroup(newGroup('young'))
  await killed.client.modifyUser({ UserId: 'ann', AccessString: 'on ~app:* +@read' })
  await killed.client.deleteUser({ UserId: 'bob' })
  await killed.kill()

  const { client } = await start(stateDir)
  await untilUserActive(client, 'ann')
  expect(await describedUser(client, 'ann')).toMatchObject({ AccessString: 'on ~app:* -@all +@read' })
  await untilGroupActive(client, 'shop')
  expect((await describedGroup(client, 'shop')).UserIds).toEqual(['default', 'ann'])
  await untilGroupActive(client, 'young')
  await eventually('bob is gone', async () => ((await client.describeUsers({})).Users ?? []).length === 2)
})
