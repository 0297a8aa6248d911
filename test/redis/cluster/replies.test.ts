import { beforeAll, describe, expect, test } from 'vitest'
import { afterTests } from '../../support/after-tests.ts'
import { PROGRAMS } from '../../support/redis-server.ts'
import { idOf, startClusterPair } from '../support/clusters.ts'
import type { Pair } from '../support/pair.ts'

// The slot of {b} is 3300, of a; that of foo is 12182, of c; that of bar is 5061, of a.
const line = (text: string): string[] => text.split(' ').map((word) => (word === '""' ? '' : word))

describe.each(PROGRAMS.filter(({ installed }) => installed))(
  'a node in cluster mode replies what $program replies',
  ({ program }) => {
    const engine = program === 'redis-server' ? 'redis' : 'valkey'
    const atEnd = afterTests()
    let pair: Pair
    beforeAll(async () => {
      pair = await startClusterPair(atEnd, { engine })
    })
    const same = (...lines: string[]) => pair.same(...lines.map(line))

    test('to clients that ask for slots of other nodes, of several, or of none', () =>
      same(
        'CLUSTER KEYSLOT foo',
        'GET foo',
        'GET {b}1',
        'SET {b}1 1',
        'SET bar 1',
        'GET bar',
        'MGET bar foo',
        'MGET foo bar',
        'MSET {bar}1 1 {bar}2 2',
        'DEL {bar}1 {bar}2 bar',
        'RENAME {b}1 {b}2',
        'SUNIONSTORE {b}3 {b}4 {b}5',
        'XREAD STREAMS {b}s 0',
        'ZUNION 2 {b}1 {b}2',
        'ZINTERSTORE foo 0 bar',
        'ZDIFFSTORE foo 2 {b}1 {b}2',
        'XREAD STREAMS foo {b}1 0',
        'XREADGROUP GROUP g c BLOCK -1 STREAMS foo bar >',
        'GEORADIUS {b}g 181 1 1 m STORE foo STOREDIST {b}h',
        'SORT {b}l STORE {b}m',
        'OBJECT ENCODING foo',
        'PING',
        'KEYS *',
        'DBSIZE',
        'SCAN 0',
      ))

    test('to transactions', () =>
      same(
        'MULTI',
        'SET {b}1 1',
        'GET foo',
        'EXEC',
        'MULTI',
        'SET {b}1 1',
        'SET {bar}1 1',
        'EXEC',
        'EXEC',
        'MULTI',
        'SET {b}1 1',
        'INCR {b}1',
        'EXEC',
        'WATCH foo',
        'DEL {b}1',
      ))

    test('to scripts', () =>
      same(
        'EVAL return(redis.call("get",KEYS[1])) 1 foo',
        'EVAL return(redis.call("get",KEYS[1])) 1 {b}1',
        'EVAL return(redis.call("get","foo")) 0',
        'EVAL return(redis.call("mget","{b}1","foo")) 0',
        'EVAL return(redis.call("mget","{b}1","{bar}1")) 0',
        'EVAL return(redis.call("get","{b}1"),redis.call("get","bar")) 0',
      ))

    test('to scripts that say what they do', () =>
      pair.same(
        ['EVAL', '#!lua\nredis.call("get","{b}1")\nreturn redis.call("get","bar")', '0'],
        ['EVAL', '#!lua\nreturn redis.call("get","bar")', '1', '{b}1'],
        ['EVAL', '#!lua flags=allow-cross-slot-keys\nredis.call("get","{b}1")\nreturn redis.call("get","bar")', '0'],
        ['EVAL', '#!lua flags=no-cluster\nreturn 1', '0'],
      ))

    test('to shard channels', () =>
      same(
        'SPUBLISH foo x',
        'SPUBLISH {b}c x',
        'SSUBSCRIBE {b}c {bar}c',
        'SSUBSCRIBE foo',
        'SSUBSCRIBE {b}c',
        'SUNSUBSCRIBE foo',
        'SUNSUBSCRIBE {b}c',
      ))

    test('to commands of several databases', () =>
      same(
        'SELECT 0',
        'SELECT 1',
        'SWAPDB 0 1',
        'MOVE {b}1 1',
        'COPY {b}1 {b}2 DB 1',
        'SORT {b}l BY w_*',
        'SORT {b}l GET #',
      ))

    test('to questions for slots', () =>
      same(
        ...['', 'a', '{a}', '{}a', '{a', 'a}{b}c', 'a{b}{c}', '{{b}}', 'ä{x'].map(
          (key) => `CLUSTER KEYSLOT ${key || '""'}`,
        ),
        'CLUSTER COUNTKEYSINSLOT 3300',
        'CLUSTER COUNTKEYSINSLOT 16384',
        'CLUSTER COUNTKEYSINSLOT x',
        'CLUSTER GETKEYSINSLOT 3300 -1',
        'CLUSTER GETKEYSINSLOT 3300 x',
        'CLUSTER GETKEYSINSLOT -1 1',
        // In which order keys of one slot come is Valkey's own chance.
        'DEL {b}1 {b}2',
        'SET {b}1 x',
        'CLUSTER GETKEYSINSLOT 3300 10',
        'CLUSTER COUNTKEYSINSLOT 3300',
        'APPEND {b}1 a-longer-value-that-does-not-fit-where-the-former-was',
        'CLUSTER GETKEYSINSLOT 3300 10',
        'RENAME {b}1 {b}2',
        'CLUSTER GETKEYSINSLOT 3300 10',
        'DEL {b}2',
        'CLUSTER GETKEYSINSLOT 3300 10',
        'SET {b}1 x',
        'FLUSHALL',
        'CLUSTER GETKEYSINSLOT 3300 10',
      ))

    test('to slots on their way to another node', () =>
      same(
        `CLUSTER SETSLOT 3300 MIGRATING ${idOf('b')}`,
        'SET {b}1 1',
        'MGET {b}1 {b}2',
        'EVAL return(redis.call("get","{b}1")) 0',
        'CLUSTER SETSLOT 3300 STABLE',
        'SET {b}1 1',
        `CLUSTER SETSLOT 3300 MIGRATING ${idOf('b')}`,
        'GET {b}1',
        'GET {b}2',
        'MGET {b}1 {b}2',
        'MGET {b}2 {b}3',
        'MULTI',
        'GET {b}1',
        'GET {b}2',
        'EXEC',
        'MULTI',
        'GET {b}1',
        'INCR {b}1',
        'EXEC',
        'SPUBLISH {b}9 x',
        `CLUSTER SETSLOT 3300 NODE ${idOf('b')}`,
        'DEL {b}1',
        `CLUSTER SETSLOT 3300 NODE ${idOf('b')}`,
        'GET {b}1',
        `CLUSTER SETSLOT 3300 NODE ${idOf('a')}`,
        'GET {b}1',
      ))

    test('to slots on their way here', () =>
      same(
        `CLUSTER SETSLOT 5061 IMPORTING ${idOf('b')}`,
        `CLUSTER SETSLOT 12182 IMPORTING ${idOf('c')}`,
        'GET foo',
        'ASKING',
        'GET foo',
        'GET foo',
        'ASKING',
        'SET foo 1',
        'ASKING',
        'MGET foo {foo}1',
        'ASKING',
        'MGET foo foo',
        'ASKING',
        'MULTI',
        'INCR foo',
        'INCR foo',
        'EXEC',
        'INCR foo',
        'ASKING',
        'MULTI',
        'INCR foo',
        'INCR {foo}1',
        'EXEC',
        'ASKING',
        'EVAL return(redis.call("incr",KEYS[1])) 1 foo',
        'ASKING',
        'PING',
        'GET foo',
        'ASKING',
        'DEL foo',
        'CLUSTER SETSLOT 12182 STABLE',
        'ASKING',
        'GET foo',
      ))

    test('to those who change slots', () =>
      same(
        'CLUSTER ADDSLOTS 0',
        'CLUSTER ADDSLOTS 1 x',
        'CLUSTER DELSLOTS 20000',
        'CLUSTER DELSLOTS 1 1',
        'CLUSTER DELSLOTS 1 3',
        'CLUSTER DELSLOTS 1',
        'CLUSTER ADDSLOTS 1 1',
        'CLUSTER ADDSLOTSRANGE 1 1',
        'CLUSTER ADDSLOTSRANGE 1 1 2',
        'CLUSTER ADDSLOTSRANGE 2 1',
        'CLUSTER ADDSLOTSRANGE 2 3 3 4',
        'CLUSTER DELSLOTSRANGE 2 3 3 4',
        'CLUSTER ADDSLOTS 3',
        'CLUSTER FLUSHSLOTS x',
        'CLUSTER SETSLOT x STABLE',
        'CLUSTER SETSLOT 1 FOO',
        'CLUSTER SETSLOT 1 MIGRATING x',
        `CLUSTER SETSLOT 6000 MIGRATING ${idOf('b')}`,
        `CLUSTER SETSLOT 1 IMPORTING ${idOf('b')}`,
        'CLUSTER SETSLOT 6000 IMPORTING x',
        `CLUSTER SETSLOT 1 MIGRATING ${idOf('d')}`,
        `CLUSTER SETSLOT 6000 IMPORTING ${idOf('d')}`,
        'CLUSTER SETSLOT 1 NODE x',
        `CLUSTER SETSLOT 1 NODE ${idOf('d')}`,
        'CLUSTER SETSLOT 1 STABLE TIMEOUT x',
        `CLUSTER SETSLOT 1 NODE ${idOf('a')} TIMEOUT 100`,
        'CLUSTER REPLICATE x',
        `CLUSTER REPLICATE ${idOf('a')}`,
        `CLUSTER REPLICATE ${idOf('b')}`,
        `CLUSTER REPLICATE ${idOf('d')}`,
        'CLUSTER FORGET x',
        `CLUSTER FORGET ${idOf('a')}`,
        'CLUSTER FAILOVER',
        'CLUSTER FAILOVER x',
        'CLUSTER SET-CONFIG-EPOCH x',
        'CLUSTER SET-CONFIG-EPOCH -1',
        'CLUSTER SET-CONFIG-EPOCH 5',
        'CLUSTER RESET x',
        'CLUSTER MEET x y',
        'CLUSTER MEET nowhere 1',
        'CLUSTER MEET 127.0.0.1 0',
        'CLUSTER MEET 127.0.0.1 1 x',
        'CLUSTER SAVECONFIG',
        'CLUSTER NOSUCH',
        'CLUSTER',
      ))

    test('to those who ask who is who', async () => {
      await same(
        'CLUSTER MYID',
        'CLUSTER MYSHARDID',
        'CLUSTER SLOTS',
        'CLUSTER REPLICAS x',
        `CLUSTER REPLICAS ${idOf('b')}`,
        `CLUSTER REPLICAS ${idOf('d')}`,
        `CLUSTER COUNT-FAILURE-REPORTS ${idOf('b')}`,
        'CLUSTER COUNT-FAILURE-REPORTS x',
        'CLUSTER HELP',
        'READONLY x',
        'INFO cluster',
        'CONFIG GET databases',
        'CONFIG SET cluster-preferred-endpoint-type hostname',
        'CLUSTER SLOTS',
        'GET foo',
        'GET bar',
        'CONFIG SET cluster-preferred-endpoint-type unknown-endpoint',
        'CLUSTER SLOTS',
        'GET bar',
        'CONFIG SET cluster-preferred-endpoint-type ip',
      )
      await pair.speak(3)
      await same('CLUSTER SLOTS')
      await pair.speak(2)
      // A server tells those that it just tries; a node has no bus.
      const { ours } = await pair.replies(line('CLUSTER LINKS'))
      expect(ours).toEqual(['*0\r\n'])
    })

    test.runIf(engine === 'valkey')('to those who ask what slots take', async () => {
      await same(
        'CLUSTER SLOT-STATS SLOTSRANGE 3299 3301',
        'CLUSTER SLOT-STATS SLOTSRANGE 3 2',
        'CLUSTER SLOT-STATS SLOTSRANGE 3 x',
        'CLUSTER SLOT-STATS SLOTSRANGE 3',
        'CLUSTER SLOT-STATS ORDERBY foo',
        'CLUSTER SLOT-STATS ORDERBY cpu-usec',
        'CLUSTER SLOT-STATS ORDERBY key-count LIMIT 0',
        'CLUSTER SLOT-STATS ORDERBY key-count LIMIT 3 ASC',
        'CLUSTER SLOT-STATS ORDERBY key-count DESC ASC',
        'CONFIG SET cluster-slot-stats-enabled yes',
        'SET {b}1 value',
        'GET {b}1',
        'GET foo',
        'CLUSTER SLOT-STATS ORDERBY network-bytes-in foo',
      )
      // How long commands took differs.
      const { ours, theirs } = await pair.replies(line('CLUSTER SLOT-STATS ORDERBY network-bytes-out LIMIT 2'))
      const counted = ([text = '']: readonly string[]) => text.replace(/(cpu-usec\r\n):\d+/g, '$1')
      expect(counted(ours)).toEqual(counted(theirs))
      await same('CONFIG SET cluster-slot-stats-enabled no', 'DEL {b}1')
    })

    // What only the bus knows is left out: when the others were heard of, and whether there is a link to them.
    test('with lines of nodes, and shards, as they are without a bus', async () => {
      const bare = (text = '') =>
        text
          .replace(/^\S\d+\r\n/, '')
          .split('\n')
          .map((each) => each.replace(/ \d+ \d+ (\d+) (?:dis)?connected/, ' $1'))
          .sort()
      const { ours, theirs } = await pair.replies(['CLUSTER', 'NODES'], ['CLUSTER', 'INFO'])
      expect(bare(ours[0])).toEqual(bare(theirs[0]))
      const told = (text = '') => text.split('\r\n').filter((each) => !/messages|^\$/.test(each))
      expect(told(ours[1])).toEqual(told(theirs[1]))
      const shards = await pair.replies(['CLUSTER', 'SHARDS'])
      const sorted = ([text = '']: readonly string[]) => text.split('*4\r\n$5\r\nslots').sort()
      expect(sorted(shards.ours)).toEqual(sorted(shards.theirs))
    })

    test('while slots have no owner', async () => {
      // A server looks at its slots after a command, not at once.
      await same('SET {b}1 1', 'CLUSTER DELSLOTS 12182')
      await same('GET foo', 'GET {b}1', 'SPUBLISH {b}c x', 'EVAL return(redis.call("get","{b}1")) 0')
      await same('CONFIG SET cluster-allow-pubsubshard-when-down no')
      await same('SPUBLISH {b}c x', 'CONFIG SET cluster-allow-reads-when-down yes')
      await same('GET {b}1', 'SET {b}1 1', 'EVAL return(redis.call("set","{b}1","1")) 0')
    })
  },
)
