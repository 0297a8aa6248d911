import { expect, onTestFinished, test } from 'vitest'
import { Talk } from '../../redis/support/talk.ts'
import { startTestEngine } from '../../support/engine.ts'
import { available } from './support.ts'

const connect = async (port: number): Promise<Talk> => {
  const talk = await Talk.to(port)
  onTestFinished(() => talk.end())
  return talk
}
const message = (kind: string, channel: string, text: string) =>
  `*3\r\n$${kind.length}\r\n${kind}\r\n$${channel.length}\r\n${channel}\r\n$${text.length}\r\n${text}\r\n`

test('what is published at any node of a cluster is heard at all of them, once, and of a shard channel at its shard', async () => {
  const api = await startTestEngine()
  await api.client().createReplicationGroup({
    ReplicationGroupId: 'shop',
    ReplicationGroupDescription: 'The shop',
    Engine: 'valkey',
    CacheNodeType: 'cache.t4g.small',
    NumNodeGroups: 2,
    ReplicasPerNodeGroup: 1,
    AutomaticFailoverEnabled: true,
  })
  await available(api)
  const { CacheClusters = [] } = await api.client().describeCacheClusters({ ShowCacheNodeInfo: true })
  const places = CacheClusters.map(({ CacheNodes, CacheClusterId = '' }) => ({
    shard: CacheClusterId.slice('shop-'.length, 'shop-0001'.length),
    port: CacheNodes?.[0]?.Endpoint?.Port ?? 0,
  }))
  expect(places).toHaveLength(4)
  const subscribers = await Promise.all(
    places.map(async ({ port, shard }) => {
      const talk = await connect(port)
      await talk.ask(['SUBSCRIBE', 'news'])
      // {b} is in slot 3300, of the first shard.
      if (shard === '0001') await talk.ask(['SSUBSCRIBE', '{b}'])
      return { talk, shard }
    }),
  )
  for (const { port, shard } of places) {
    const publisher = await connect(port)
    if (shard === '0001') await publisher.ask(['SPUBLISH', '{b}', `${port}`])
    // Of those at this node.
    expect(await publisher.ask(['PUBLISH', 'news', `${port}`])).toEqual([':1\r\n'])
  }
  for (const { talk, shard } of subscribers) {
    const expected = places.flatMap(({ port, shard: from }) => [
      ...(shard === '0001' && from === '0001' ? [message('smessage', '{b}', `${port}`)] : []),
      message('message', 'news', `${port}`),
    ])
    const heard: string[] = []
    for (const _ of expected) heard.push(await talk.next())
    expect(heard.toSorted()).toEqual(expected.toSorted())
    // Nothing came twice: the answer is next.
    expect(await talk.ask(['PING'])).toEqual(['*2\r\n$4\r\npong\r\n$0\r\n\r\n'])
  }
})
