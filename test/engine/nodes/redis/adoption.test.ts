import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endServerIn } from '../../../../src/engine/nodes/redis/process.ts'
import { isRunning, processCalled } from '../../../../src/engine/nodes/redis/process-identity.ts'
import type { RedisSpec } from '../../../../src/engine/nodes/redis/spec.ts'
import { eventually } from '../../../support/eventually.ts'
import { SERVERS, say, specOf, startNode } from '../../../support/redis-node.ts'

const holder = new URL('../../../support/redis-node-holder.ts', import.meta.url).pathname

/** Has another process start the server, and kills that process. Answers the server's. */
async function orphan(spec: RedisSpec): Promise<number> {
  const engine = spawn(process.execPath, ['--import', 'tsx', holder, JSON.stringify(spec)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    engine.kill('SIGKILL')
    await endServerIn(spec.directory, spec.secret)
  })
  const [line] = await once(engine.stdout, 'data')
  const gone = once(engine, 'exit')
  engine.kill('SIGKILL')
  await gone
  return Number(line)
}

const runs = (pid: number): boolean => processCalled(pid) !== undefined

describe.each(SERVERS)(
  'a server of $name whose engine was killed (skipped where it is not installed)',
  ({ name, isMissing }) => {
    test.skipIf(isMissing)('is taken over with what it holds, and told of when it ends', async () => {
      const spec = specOf(name, {
        live: { directives: { maxmemory: '10mb' }, users: ['default on nopass ~* &* +@all'], transit: 'plain' },
      })
      const pid = await orphan(spec)
      expect(runs(pid)).toBe(true)
      const node = await startNode(spec)
      expect(node.pid).toBe(pid)
      await say(spec.port, 'SET', 'a', '1')
      node.leave()
      const again = await startNode({ ...spec, live: { ...spec.live, directives: { maxmemory: '20mb' } } })
      expect(await say(spec.port, 'GET', 'a')).toBe('1')
      expect(await say(spec.port, 'INFO', 'memory')).toContain('maxmemory:20971520')
      const ended = new Promise<string>((resolve) => again.onEnd(resolve))
      process.kill(pid, 'SIGKILL')
      expect(await ended).toBe('it has ended')
    })

    test.skipIf(isMissing)('is taken over when it answers late, too', async () => {
      const spec = specOf(name)
      const pid = await orphan(spec)
      process.kill(pid, 'SIGSTOP')
      // Longer than one question waits for its answer.
      setTimeout(() => process.kill(pid, 'SIGCONT'), 2_500)
      expect((await startNode(spec)).pid).toBe(pid)
    })

    test.skipIf(isMissing)('is ended when it is to be another one', async () => {
      const spec = specOf(name)
      const pid = await orphan(spec)
      const node = await startNode({ ...spec, incarnation: 2 })
      expect(node.pid).not.toBe(pid)
      await eventually('the former is gone', () => !runs(pid))
    })

    test.skipIf(isMissing)('is ended when it does not answer, or nothing tells which process it is', async () => {
      const [stopped, unnoted] = [specOf(name), specOf(name)]
      const [first, second] = [await orphan(stopped), await orphan(unnoted)]
      process.kill(first, 'SIGSTOP')
      await endServerIn(stopped.directory, stopped.secret)
      expect(runs(first)).toBe(false)
      rmSync(join(unnoted.directory, 'server.json'))
      await endServerIn(unnoted.directory, unnoted.secret)
      expect(runs(second)).toBe(false)
    })

    test.skipIf(isMissing)('stays when it is none of this engine: the number is another process by now', async () => {
      const spec = specOf(name)
      const bystander = spawn('sleep', ['60'])
      onTestFinished(() => void bystander.kill('SIGKILL'))
      const node = await startNode(spec)
      await node.stop()
      const identity = processCalled(bystander.pid ?? 0)
      writeFileSync(join(spec.directory, 'server.json'), JSON.stringify({ ...identity, started: 'another time' }))
      await endServerIn(spec.directory, spec.secret)
      expect(identity && isRunning(identity)).toBe(true)
    })
  },
)
