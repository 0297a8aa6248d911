import { describe, expect, test } from 'vitest'
import { NEWEST_NODE } from '../../src/api/node-versions.ts'
import { askNode } from '../../src/discovery/ask.ts'
import { cachectl, temporaryHome } from './support/cli.ts'

const NOTICE = `Node v99.1.0 is newer than this cachectl, which was tested with Node 20 to ${NEWEST_NODE}.\n`
/** As a Node that nobody knows yet calls itself; its engine and threads too. */
const LATER_NODE = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent("Object.defineProperty(process,'version',{value:'v99.1.0'})")}`,
}

describe('on a Node that is newer than any that was tried', () => {
  const later = (home: { stateDir: string }, ...args: string[]) =>
    cachectl(args, { CACHECTL_HOME: home.stateDir, ...LATER_NODE })

  test('the engine says so on stderr, and its nodes serve', async () => {
    const home = temporaryHome()
    const started = await later(home, 'engine', 'start', '--port', '0')
    expect(started).toMatchObject({ code: 0, stderr: NOTICE })
    const created = await later(
      home,
      ...['create-cache-cluster', '--cache-cluster-id', 'shop', '--engine', 'memcached'],
      ...['--cache-node-type', 'cache.t4g.micro', '--num-cache-nodes', '1', '--wait'],
    )
    expect(created).toMatchObject({ code: 0 })
    const answer = await later(home, 'describe-cache-clusters', '--show-cache-node-info', '--output', 'json')
    expect(answer.stderr).toBe('')
    const { Port } = JSON.parse(answer.stdout).CacheClusters[0].CacheNodes[0].Endpoint
    expect(await askNode({ host: '127.0.0.1', port: Port })).toMatchObject({ ok: true })
    expect((await later(home, 'engine', 'status')).stderr).toBe(NOTICE)
  })

  test('what scripts read has nothing of it', async () => {
    const home = temporaryHome()
    expect(await later(home, 'engine', 'status', '--output', 'json')).toMatchObject({ code: 3, stderr: '' })
  })

  test('doctor says so on stderr', async () => {
    const home = temporaryHome()
    const { stderr } = await later(home, 'doctor', '127.0.0.1:1')
    expect(stderr.startsWith(NOTICE)).toBe(true)
  })
})
