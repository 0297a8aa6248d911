import { expect, onTestFinished, test } from 'vitest'
import { CacheNode } from '../../../src/memcached/server.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const here = '127.0.0.1'

test.skipIf(!hasTerminal).each([
  ['discover', '@', '--watch'],
  ['connections', '@', '--watch'],
  ['node', 'run', '--listen', here, '--port', '0'],
])('at Ctrl-C the line ends, so that the prompt stands alone: %s %s %s', async (...words) => {
  const node = new CacheNode({ engineVersion: '1.6.22', memoryLimit: 1 << 20 })
  onTestFinished(() => node.close())
  const { port } = await node.listen({ host: here, port: 0 })
  const line = words.map((word) => (word === '@' ? `${here}:${port}` : word))
  const { text } = await onTerminal(line, { answers: [[`${here}:`, '\x03']] })
  expect(text).toContain('^C\n')
})
