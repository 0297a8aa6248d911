import { expect, onTestFinished, test } from 'vitest'
import { hasRedis } from '../../support/redis-server.ts'
import { startPair } from '../support/pair.ts'
import { SCRIPTS } from './scripts.ts'

test.skipIf(!hasRedis)('scripts give what they give on the real server', async () => {
  const { replies } = await startPair((work) => onTestFinished(work))
  for (const [topic, scripts] of Object.entries(SCRIPTS)) {
    const both = await replies(...scripts.map((script) => ['EVAL', Buffer.from(script, 'latin1'), '0', 'a', 'b']))
    const shown = (given: readonly string[]) => scripts.map((script, at) => `${script}\n  ${given[at]}`)
    expect(shown(both.ours), topic).toEqual(shown(both.theirs))
  }
})
