/** Values of rename-commands: pairs of a command and its new name, with blanks between them. Pure. */

/** A command in capitals, and what it is to be called. */
export type Rename = readonly [command: string, name: string]

/** Commands that can be renamed, in the order in which the API prints them. */
export const RENAMEABLE = [
  'APPEND BITCOUNT BITFIELD BITOP BITPOS BLPOP BRPOP BRPOPLPUSH BZPOPMIN BZPOPMAX CLIENT COMMAND DBSIZE DECR',
  'DECRBY DEL DISCARD DUMP ECHO EVAL EVALSHA EXEC EXISTS EXPIRE EXPIREAT FLUSHALL FLUSHDB GEOADD GEOHASH GEOPOS',
  'GEODIST GEORADIUS GEORADIUSBYMEMBER GET GETBIT GETRANGE GETSET HDEL HEXISTS HGET HGETALL HINCRBY HINCRBYFLOAT',
  'HKEYS HLEN HMGET HMSET HSET HSETNX HSTRLEN HVALS INCR INCRBY INCRBYFLOAT INFO KEYS LASTSAVE LINDEX LINSERT',
  'LLEN LPOP LPUSH LPUSHX LRANGE LREM LSET LTRIM MEMORY MGET MONITOR MOVE MSET MSETNX MULTI OBJECT PERSIST',
  'PEXPIRE PEXPIREAT PFADD PFCOUNT PFMERGE PING PSETEX PSUBSCRIBE PUBSUB PTTL PUBLISH PUNSUBSCRIBE RANDOMKEY',
  'READONLY READWRITE RENAME RENAMENX RESTORE ROLE RPOP RPOPLPUSH RPUSH RPUSHX SADD SCARD SCRIPT SDIFF SDIFFSTORE',
  'SELECT SET SETBIT SETEX SETNX SETRANGE SINTER SINTERSTORE SISMEMBER SLOWLOG SMEMBERS SMOVE SORT SPOP',
  'SRANDMEMBER SREM STRLEN SUBSCRIBE SUNION SUNIONSTORE SWAPDB TIME TOUCH TTL TYPE UNSUBSCRIBE UNLINK UNWATCH',
  'WAIT WATCH ZADD ZCARD ZCOUNT ZINCRBY ZINTERSTORE ZLEXCOUNT ZPOPMAX ZPOPMIN ZRANGE ZRANGEBYLEX ZREVRANGEBYLEX',
  'ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE ZREVRANK',
  'ZSCORE ZUNIONSTORE SCAN SSCAN HSCAN ZSCAN XINFO XADD XTRIM XDEL XRANGE XREVRANGE XLEN XREAD XGROUP XREADGROUP',
  'XACK XCLAIM XPENDING GEORADIUS_RO GEORADIUSBYMEMBER_RO LOLWUT XSETID SUBSTR',
]
  .join(' ')
  .replaceAll(' ', ',')

const COMMANDS: ReadonlySet<string> = new Set(RENAMEABLE.split(','))

/**
 * What servers say to each other, and the engine to them: a server that called it otherwise would not understand what its primary has
 * sent. ElastiCache renames these, too; here they keep their names.
 */
const SPOKEN_BY_SERVERS = new Set(
  'CLIENT DEL DUMP EXEC EVAL GET HSET INFO LPOP MULTI PERSIST PEXPIREAT PING PUBLISH RESTORE ROLE RPOP RPOPLPUSH SCAN SCRIPT SELECT SET SREM UNLINK XCLAIM XDEL XGROUP ZPOPMAX ZPOPMIN'.split(
    ' ',
  ),
)

/** Of the pairs those that a server can be given. */
export const applicable = (pairs: readonly Rename[]): readonly Rename[] =>
  pairs.filter(([command]) => !SPOKEN_BY_SERVERS.has(command))

/** At most 20 letters and digits (guide). */
const NAME = /^[A-Za-z0-9]{1,20}$/

/** Old and new names, the old ones in capitals. Undefined: the text is not a list of pairs of commands that may have another name. */
export function parseRenames(text: string): readonly Rename[] | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const pairs: Rename[] = []
  for (let at = 0; at < words.length; at += 2) pairs.push([words[at]?.toUpperCase() ?? '', words[at + 1] ?? ''])
  const commands = new Set(pairs.map(([command]) => command))
  const isGood = pairs.every(([command, name]) => COMMANDS.has(command) && NAME.test(name))
  return isGood && commands.size === pairs.length ? pairs : undefined
}

/** The value in the form it is stored in. */
export const readRenames = (text: string): string | undefined => parseRenames(text)?.flat().join(' ')
