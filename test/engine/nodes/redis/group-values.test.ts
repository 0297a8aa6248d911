import { describe, expect, onTestFinished, test } from 'vitest'
import { redis, valkey } from '../../../../src/api/catalog/engines.ts'
import { nodeTypes } from '../../../../src/api/catalog/node-types.ts'
import { isOlder } from '../../../../src/api/catalog/versions.ts'
import { settingsOf } from '../../../../src/engine/families/redis/directives.ts'
import { OPEN, SERVERS, specOf, startNode } from '../../../support/redis-node.ts'

const type = nodeTypes.get('cache.m6g.large')
const ENGINES = { 'redis-server': redis, 'valkey-server': valkey } as const

describe.each(SERVERS)('$name (skipped where it is not installed)', ({ name, isMissing }) => {
  test.skipIf(isMissing)(
    'takes every default of the versions up to its own, and of later ones what it knows',
    async () => {
      const spec = specOf(name)
      const node = await startNode(spec)
      onTestFinished(() => node.stop())
      for (const version of [...ENGINES[name].versions].reverse()) {
        if (!type) throw new Error('no such node type')
        await node.adjust({ ...OPEN, directives: settingsOf({}, version, type).directives })
        const { refusals } = await node.status()
        const isLater = isOlder(spec.program.version, `${version}.0`)
        const others = Object.values(refusals).filter((words) => !(isLater && words.includes('Unknown option')))
        expect(others, version).toEqual([])
      }
    },
  )
})
