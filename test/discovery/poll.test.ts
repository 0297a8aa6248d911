import { networkInterfaces } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'
import { converged, convergenceOf } from '../../src/discovery/compare.ts'
import { configReply, discoveryPayload } from '../../src/discovery/encode.ts'
import { type PollOptions, pollCluster, type Round } from '../../src/discovery/poll.ts'
import { hasOpenssl, issueCertificate } from './certificates.ts'
import { type ScriptedServer, scriptedServer } from './scripted-server.ts'

const hasIPv6Loopback = Object.values(networkInterfaces()).some((list) => list?.some((each) => each.address === '::1'))

/** What a server answers when it holds the list of these nodes. */
function reply(version: number, servers: readonly ScriptedServer[], shown: 'ip' | 'names' = 'ip') {
  const members = servers.map(({ host, port }) => ({ host: 'localhost', port, ...(shown === 'ip' && { ip: host }) }))
  const bytes = configReply('cluster', 0, discoveryPayload(version, members)).toString()
  return () => bytes
}
const silent = () => undefined

/** Rounds, one at a time: the poll waits for whoever reads. */
function rounds(options: Partial<PollOptions> & Pick<PollOptions, 'seed'>) {
  const poll = pollCluster({ intervalMs: 1, timeoutMs: 2000, ...options })
  onTestFinished(async () => void (await poll.return()))
  return async (): Promise<Round> => {
    const { value } = await poll.next()
    if (!value) throw new Error('the poll has ended')
    return value
  }
}

describe('a round', () => {
  test('asks the endpoint, then every node it lists, and agrees when all hold the same list', async () => {
    const nodes = [await scriptedServer(silent), await scriptedServer(silent), await scriptedServer(silent)]
    for (const node of nodes) node.answer(reply(1, nodes))
    const [seed] = nodes as [ScriptedServer, ...ScriptedServer[]]
    const round = await rounds({ seed })()
    expect(round).toMatchObject({ number: 1, tls: false, agreed: true, seed: { ok: true, version: 1 } })
    expect(round.perNode.map(({ asked, familyShown }) => [asked, familyShown])).toEqual(
      Array(3).fill(['127.0.0.1', 'ipv4']),
    )
    expect(round.changes).toBeUndefined()
    expect(nodes.map(({ heard }) => heard.length)).toEqual([2, 1, 1])
    expect(convergenceOf(round, { family: 'ipv4', expect: 3 })).toEqual({
      converged: true,
      version: 1,
      nodes: 3,
      family: 'ipv4',
    })
  })

  test('shows a cluster growing: a stale node first, then convergence', async () => {
    const [a, b] = [await scriptedServer(silent), await scriptedServer(silent)]
    a.answer(reply(1, [a]))
    const next = rounds({ seed: a })
    expect(converged(await next(), { expect: 1 })).toBe(true)

    a.answer(reply(2, [a, b]))
    b.answer(reply(1, [a]))
    const growing = await next()
    expect(growing.changes).toMatchObject({ added: [{ port: b.port }], removed: [], version: { from: 1, to: 2 } })
    expect(growing.agreed).toBe(false)
    expect(convergenceOf(growing)).toMatchObject({ reason: 'versions-differ', final: false })

    b.answer(reply(2, [a, b]))
    const grown = await next()
    expect(grown.changes).toBeUndefined()
    expect(converged(grown, { expect: 2 })).toBe(true)
    expect(convergenceOf(grown, { expect: 3 })).toMatchObject({ reason: 'wrong-count' })
  })

  test.skipIf(!hasIPv6Loopback)('shows the family switch node by node (skipped where ::1 is missing)', async () => {
    const v4 = await scriptedServer(silent)
    const v6 = await scriptedServer(silent, { host: '::1', port: v4.port })
    v4.answer(reply(1, [v4]))
    const next = rounds({ seed: v4 })
    expect(convergenceOf(await next(), { family: 'ipv6' })).toMatchObject({ reason: 'wrong-family' })

    v4.answer(reply(2, [v6]))
    v6.answer(reply(2, [v6]))
    const switched = await next()
    expect(switched.changes).toMatchObject({
      added: [],
      removed: [],
      readdressed: [{ from: { ip: '127.0.0.1' }, to: { ip: '::1' } }],
      familySwitched: { from: 'ipv4', to: 'ipv6' },
    })
    expect(converged(switched, { family: 'ipv6' })).toBe(true)
  })

  test('keeps asking the nodes of the last known list while the endpoint is down', async () => {
    const [seed, node] = [await scriptedServer(silent), await scriptedServer(silent)]
    seed.answer(reply(1, [node]))
    node.answer(reply(1, [node]))
    const next = rounds({ seed })
    await next()
    await seed.close()
    const round = await next()
    expect(round).toMatchObject({ agreed: false, seed: { ok: false, kind: 'refused' } })
    expect(round.perNode).toMatchObject([{ list: { version: 1 } }])
    expect(convergenceOf(round)).toMatchObject({ converged: false, reason: 'seed-failed' })
  })

  test('names the node that does not answer', async () => {
    const [seed, dead] = [await scriptedServer(silent), await scriptedServer(silent)]
    seed.answer(reply(1, [seed, dead]))
    await dead.close()
    const round = await rounds({ seed })()
    expect(round.perNode.map(({ failure }) => failure?.kind)).toContain('refused')
    expect(convergenceOf(round)).toMatchObject({
      reason: 'node-failed',
      detail: expect.stringContaining(`localhost:${dead.port}`),
    })
  })

  test('does not agree when versions are equal and lists are not', async () => {
    const [a, b] = [await scriptedServer(silent), await scriptedServer(silent)]
    a.answer(reply(4, [a, b]))
    b.answer(reply(4, [b]))
    const round = await rounds({ seed: a })()
    expect(round.agreed).toBe(false)
    expect(convergenceOf(round)).toMatchObject({ reason: 'lists-differ' })
  })

  test('with names only can not converge on a family', async () => {
    const seed = await scriptedServer(silent)
    seed.answer(reply(1, [seed], 'names'))
    const round = await rounds({ seed })()
    expect(converged(round)).toBe(true)
    expect(convergenceOf(round, { family: 'ipv4' })).toMatchObject({ reason: 'no-ip-advertised', final: false })
  })

  test.skipIf(!hasOpenssl)('under TLS asks nodes by name, and calls IP discovery without effect', async () => {
    const { ca, cert, key } = issueCertificate('DNS:localhost')
    const seed = await scriptedServer(silent, { tls: { cert, key } })
    seed.answer(reply(1, [seed], 'names'))
    const round = await rounds({ seed, tls: { ca, servername: 'localhost' } })()
    expect(round).toMatchObject({ tls: true, agreed: true })
    expect(round.perNode.map(({ asked }) => asked)).toEqual(['localhost'])
    expect(converged(round)).toBe(true)
    expect(convergenceOf(round, { family: 'ipv6' })).toMatchObject({
      reason: 'ip-discovery-has-no-effect-under-tls',
      final: true,
    })
  })
})

describe('polling', () => {
  test('a cluster of many nodes makes Node warn of nothing', async () => {
    const warnings: Error[] = []
    const hear = (warning: Error) => warnings.push(warning)
    process.on('warning', hear)
    onTestFinished(() => void process.off('warning', hear))
    const nodes = await Promise.all(Array.from({ length: 20 }, () => scriptedServer(silent)))
    for (const node of nodes) node.answer(reply(1, nodes))
    const [seed] = nodes as [ScriptedServer, ...ScriptedServer[]]
    const round = await rounds({ seed, signal: new AbortController().signal })()
    expect(round.agreed).toBe(true)
    expect(warnings).toEqual([])
  })

  test('ends without an error when aborted, in a round or between two', async () => {
    const controller = new AbortController()
    const seed = await scriptedServer(silent)
    seed.answer(reply(1, [seed]))
    const seen: number[] = []
    for await (const round of pollCluster({ seed, intervalMs: 60_000, signal: controller.signal })) {
      seen.push(round.number)
      controller.abort()
    }
    expect(seen).toEqual([1])

    const during = new AbortController()
    seed.answer(() => {
      during.abort()
      return undefined
    })
    for await (const round of pollCluster({ seed, signal: during.signal })) seen.push(round.number)
    expect(seen).toEqual([1])
  })

  test('counts the interval from start to start', async () => {
    let now = 0
    const waits: number[] = []
    const clock = {
      now: () => new Date(now),
      monotonicMs: () => now,
      after(ms: number, callback: () => void) {
        // Timeouts of questions are longer than this interval, and are never due here.
        if (ms > 1000) return () => {}
        waits.push(ms)
        now += ms
        queueMicrotask(callback)
        return () => {}
      },
    }
    const seed = await scriptedServer(silent)
    seed.answer(() => {
      now += 150
      return reply(1, [seed])()
    })
    const next = rounds({ seed, clock, intervalMs: 1000, timeoutMs: 5000 })
    expect([await next(), await next()].map(({ at }) => at)).toEqual([
      '1970-01-01T00:00:00.000Z',
      '1970-01-01T00:00:01.000Z',
    ])
    // Two questions of 150 ms each.
    expect(waits).toEqual([700])
  })
})
