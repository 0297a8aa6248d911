import { describe, expect, test } from 'vitest'
import { startNode } from './support/node.ts'

/** The versions ElastiCache has served. Each was built from memcached's source and asked: the answers are what they said. */
const VERSIONS = [
  '1.4.5',
  '1.4.14',
  '1.4.24',
  '1.4.33',
  '1.4.34',
  '1.5.10',
  '1.5.16',
  '1.6.6',
  '1.6.12',
  '1.6.17',
  '1.6.22',
] as const

/** What is asked, and the answer from a version on until the next; `|` for the end of a line. */
type Row = readonly [request: string, answers: Readonly<Partial<Record<(typeof VERSIONS)[number], string>>>]

const ROWS: readonly Row[] = [
  ['touch nosuch 0', { '1.4.5': 'ERROR', '1.4.14': 'NOT_FOUND' }],
  ['gat 0 nosuch', { '1.4.5': 'ERROR', '1.5.10': 'END' }],
  ['gats x nosuch', { '1.4.5': 'ERROR', '1.5.10': 'CLIENT_ERROR invalid exptime argument' }],
  ['gat 0', { '1.4.5': 'ERROR', '1.6.6': 'END' }],
  ['watch', { '1.4.5': 'ERROR', '1.4.33': 'OK' }],
  ['cache_memlimit 64', { '1.4.5': 'ERROR', '1.4.33': 'OK' }],
  ['shutdown', { '1.4.5': 'ERROR', '1.4.24': 'ERROR: shutdown not enabled' }],
  ['shutdown graceful', { '1.4.5': 'ERROR', '1.6.6': 'ERROR: shutdown not enabled' }],
  ['version please', { '1.4.5': 'ERROR', '1.6.6': 'VERSION 1.6.6', '1.6.12': 'VERSION 1.6.12' }],
  ['quit please|mn', { '1.4.5': 'ERROR|ERROR', '1.6.6': '' }],
  ['verbosity loud', { '1.4.5': 'OK', '1.6.12': 'CLIENT_ERROR bad command line format' }],
  ['flush_all soon', { '1.4.5': 'OK', '1.6.12': 'CLIENT_ERROR invalid exptime argument' }],
  // ElastiCache took these three away with 1.6.17.
  ['lru_crawler tocrawl 0', { '1.4.5': 'ERROR', '1.4.24': 'OK', '1.6.17': 'ERROR' }],
  ['lru_crawler metadump all', { '1.4.5': 'ERROR', '1.4.33': 'END', '1.6.17': 'ERROR' }],
  ['lru mode flat', { '1.4.5': 'ERROR', '1.5.10': 'OK', '1.6.17': 'ERROR' }],
  ['slabs automove 1', { '1.4.5': 'ERROR', '1.4.14': 'OK', '1.6.17': 'ERROR' }],
  ['slabs automove ratio 0.9', { '1.4.5': 'ERROR', '1.5.10': 'OK', '1.6.17': 'ERROR' }],
  ['stats sizes', { '1.4.5': 'END', '1.4.33': 'STAT sizes_status disabled|END' }],
  ['stats sizes_enable', { '1.4.5': 'ERROR', '1.4.33': 'STAT sizes_status enabled' }],

  ['mn', { '1.4.5': 'ERROR', '1.6.6': 'MN' }],
  ['me', { '1.4.5': 'ERROR', '1.6.6': 'EN', '1.6.12': 'CLIENT_ERROR bad command line format' }],
  ['ms k S2|hi', { '1.4.5': 'ERROR|ERROR', '1.6.6': 'OK ', '1.6.12': 'CLIENT_ERROR bad command line format|ERROR' }],
  ['ms k 2|hi', { '1.4.5': 'ERROR|ERROR', '1.6.6': 'CLIENT_ERROR invalid flag|ERROR', '1.6.12': 'HD' }],
  ['ms k S2 T0 k c Oop|hi', { '1.6.6': 'OK  kk Oop', '1.6.12': 'CLIENT_ERROR bad command line format|ERROR' }],
  ['ms k 2 T0 k Oop|hi', { '1.6.6': 'CLIENT_ERROR invalid flag|ERROR', '1.6.12': 'HD kk Oop' }],
  ['ms k T0', { '1.6.6': 'SERVER_ERROR object too large for cache', '1.6.12': 'CLIENT_ERROR bad command line format' }],
  ['ms k S-1', { '1.6.6': 'CLIENT_ERROR invalid length', '1.6.12': 'CLIENT_ERROR bad command line format' }],
  ['mg nosuch', { '1.6.6': 'CLIENT_ERROR bad command line format', '1.6.22': 'EN' }],
  ['mg nosuch k Oop v', { '1.6.6': 'EN', '1.6.22': 'EN knosuch Oop' }],
  ['mg c2V0 b v', { '1.6.6': 'CLIENT_ERROR invalid flag', '1.6.12': 'EN' }],
  ['mg nosuch P1 v', { '1.6.6': 'CLIENT_ERROR invalid flag', '1.6.17': 'EN' }],
  ['mg nosuch S1 v', { '1.6.6': 'EN', '1.6.12': 'CLIENT_ERROR invalid flag' }],
  ['set k 0 0 1|x|mg k s', { '1.6.6': 'STORED|OK s1', '1.6.12': 'STORED|HD s1' }],
  ['set k 0 0 1|x|md k k', { '1.6.6': 'STORED|OK  kk', '1.6.12': 'STORED|HD  kk', '1.6.22': 'STORED|HD kk' }],
  ['md nosuch', { '1.6.6': 'NF ', '1.6.22': 'NF' }],
  ['ma nosuch', { '1.6.6': 'NF ', '1.6.22': 'NF' }],
  ['set k 0 0 1|5|ma k|ma k C1', { '1.6.6': 'STORED|OK|EX ', '1.6.12': 'STORED|HD|EX ', '1.6.22': 'STORED|HD|EX' }],
]

const wire = (lines: string): string => (lines === '' ? '' : `${lines.replaceAll('|', '\r\n')}\r\n`)

const CASES = ROWS.flatMap(([request, answers]) => {
  let answer: string | undefined
  return VERSIONS.flatMap((version) => {
    answer = answers[version] ?? answer
    // Every later version says its own name.
    const said = answer?.replace(/^VERSION .*/, `VERSION ${version}`)
    return said === undefined ? [] : [{ version, request, answer: said }]
  })
})

describe('a node answers as its version of memcached does', () => {
  test.each(CASES)('$version: $request -> $answer', async ({ version, request, answer }) => {
    const { client } = await startNode({ engineVersion: version, configCommand: false })
    client.send(`${wire(request)}quit\r\n`)
    expect(await client.untilClosed()).toBe(wire(answer))
  })
})

describe('statistics have the lines of their version', () => {
  test.each([
    ['stats', 'libevent', '1.4.14'],
    ['stats', 'cmd_touch', '1.4.14'],
    ['stats', 'malloc_fails', '1.4.24'],
    ['stats', 'get_expired', '1.4.33'],
    ['stats', 'max_connections', '1.5.10'],
    ['stats', 'cmd_meta', '1.6.6'],
    ['stats', 'response_obj_count', '1.6.12'],
    ['stats', 'store_too_large', '1.6.17'],
    ['stats settings', 'maxconns_fast', '1.4.14'],
    ['stats settings', 'flush_enabled', '1.4.24'],
    ['stats settings', 'idle_timeout', '1.4.33'],
    ['stats settings', 'dump_enabled', '1.4.34'],
    ['stats settings', 'temporary_ttl', '1.5.10'],
    ['stats settings', 'shutdown_command', '1.6.12'],
    ['stats items', 'items:1:expired_unfetched', '1.4.14'],
    ['stats items', 'items:1:mem_requested', '1.6.6'],
    ['stats slabs', '1:touch_hits', '1.4.14'],
    ['stats', 'curr_items', '1.4.5'],
    ['stats slabs', '1:used_chunks', '1.4.5'],
  ])('%s: %s since %s', async (topic, line, since) => {
    const having: string[] = []
    for (const version of VERSIONS) {
      const { client } = await startNode({ engineVersion: version })
      const answer = await client.ask(`set k 0 0 1\r\nx\r\n${topic}\r\n`)
      if (answer.includes(`\r\nSTAT ${line} `)) having.push(version)
    }
    expect(having).toEqual(VERSIONS.slice(VERSIONS.indexOf(since as (typeof VERSIONS)[number])))
  })
})
