import { BAD_CLASS, BAD_FORMAT, END, ERROR, OK, WATCH_REFUSED } from '../answers.ts'
import type { Client } from '../client.ts'
import type { CacheCore } from '../core.ts'
import { has, SINCE } from '../since.ts'
import { crawl } from '../store/crawler.ts'
import { EXPTIME, FETCHED, TIME } from '../store/item.ts'
import type { MoveStart } from '../store/slab-mover.ts'
import type { Line } from '../tokens.ts'
import type { Verb } from '../verb.ts'
import { keyText, TOPICS, type Topic, Watchers } from '../watchers.ts'

// Commands that look after a server rather than its items. ElastiCache took lru_crawler, lru and slabs away with
// engine 1.6.17 (guide, "Memcached 1.6.17 parameter changes").

const MAX_PERCENT = 80
const MAX_SLEEP_MICROSECONDS = 1_000_000
const MIN_MEGABYTES = 8
const MOST_MEGABYTES = 1_000_000_000
const MIB = 1 << 20
// More than any node has: those without items have nothing to crawl.
const CLASS_IDS = 64

const answer = (text: string): Buffer => Buffer.from(`${text}\r\n`)

const CRAWLER_RUNS = answer('ERROR failed to start lru crawler thread')
const CRAWLER_IDLE = answer('NOTSTARTED no items to crawl')
const CRAWLER_ERROR = answer('ERROR an unknown error happened')
const CRAWLER_OFF = answer('CLIENT_ERROR lru crawler disabled')
const PIPELINED = answer('ERROR cannot pipeline other commands before metadump')
const NO_DUMP = answer('ERROR metadump not allowed')
const NOT_FIRST = answer('ERROR cannot pipeline other commands before watch')
const SLEEP_TOO_LONG = answer('CLIENT_ERROR sleep must be one second or less')
const PERCENTS = answer('ERROR hot and warm pcts must not exceed 80')
const FACTORS = answer('ERROR hot/warm age factors must be greater than 0')
const NO_REASSIGN = answer('CLIENT_ERROR slab reassignment disabled')
const SAME = answer('SAME src and dst class are identical')
const BAD_CLASSES = answer('BADCLASS invalid src or dst class id')
const NO_SPARE = answer('NOSPARE source class has no spare pages')
const MOVING = answer('BUSY currently processing reassign request')
const TOO_SMALL = answer('MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m')
const TOO_LARGE = answer('MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes')
const BAD_CERTIFICATES = answer('ERROR failed to load the certificates')
const NO_TLS = answer('Error TLS not enabled')

// --- lru_crawler -----------------------------------------------------------------------------------------------------

function crawler(core: CacheCore, line: Line): Buffer | undefined {
  const { settings, store, replies, counters } = core
  switch (line.text(1)) {
    case 'enable':
      if (line.words !== 2) return ERROR
      if (settings.lruCrawler) return CRAWLER_RUNS
      settings.lruCrawler = true
      return OK
    case 'disable':
      if (line.words !== 2) return ERROR
      settings.lruCrawler = false
      return OK
    case 'crawl': {
      if (line.words !== 3) return ERROR
      if (!settings.lruCrawler) return CRAWLER_OFF
      // It walks lists; only metadump walks the index.
      if (line.is(2, 'hash')) return CRAWLER_ERROR
      const classes = classesOf(core, line.text(2))
      if (classes === undefined) return BAD_CLASS
      if (classes.length === 0) return CRAWLER_IDLE
      counters.crawlerStarts++
      crawl(store, classes, settings.lruCrawlerToCrawl)
      return OK
    }
    case 'metadump': {
      if (line.words !== 3 || !has(settings.engineVersion, 'lru_crawler metadump')) return ERROR
      if (!settings.lruCrawler) return CRAWLER_OFF
      if (!settings.dumpEnabled) return NO_DUMP
      if (replies.length > replies.settled) return PIPELINED
      const classes = line.is(2, 'hash') ? classesOf(core, 'all') : classesOf(core, line.text(2))
      if (classes === undefined) return BAD_CLASS
      if (classes.length === 0) return CRAWLER_IDLE
      metadump(core, new Set(classes))
      replies.text(END)
      return undefined
    }
    case 'tocrawl': {
      const limit = line.uint32(2)
      if (line.words !== 3) return ERROR
      if (Number.isNaN(limit)) return BAD_FORMAT
      settings.lruCrawlerToCrawl = limit
      return OK
    }
    case 'sleep': {
      const microseconds = line.uint32(2)
      if (line.words !== 3) return ERROR
      if (Number.isNaN(microseconds)) return BAD_FORMAT
      if (microseconds > MAX_SLEEP_MICROSECONDS) return SLEEP_TOO_LONG
      settings.lruCrawlerSleep = microseconds
      return OK
    }
    default:
      return ERROR
  }
}

function classesOf({ store }: CacheCore, text: string): number[] | undefined {
  const { largest } = store.slabs.classes
  if (text === 'all') return Array.from({ length: largest }, (_, index) => index + 1)
  const classes = text.split(',').filter(Boolean).map(Number)
  return classes.every((id) => Number.isInteger(id) && id >= 1 && id < CLASS_IDS) ? classes : undefined
}

function metadump({ store, replies }: CacheCore, classes: ReadonlySet<number>): void {
  store.forEach((item) => {
    if (!classes.has(store.classOf(item)) || store.isExpired(item) || store.isFlushed(item)) return
    const exptime = store.slabs.word(item, EXPTIME)
    const line =
      `key=${keyText(store.keyText(item))} exp=${exptime === 0 ? -1 : store.unixTime(exptime)}` +
      ` la=${store.unixTime(store.slabs.word(item, TIME))} cas=${store.cas(item)}` +
      ` fetch=${store.has(item, FETCHED) ? 'yes' : 'no'} cls=${store.classOf(item)} size=${store.sizeOf(item)}\n`
    replies.reserve(line.length)
    replies.string(line)
  })
}

// --- lru, slabs ------------------------------------------------------------------------------------------------------

function lru({ settings }: CacheCore, line: Line): Buffer {
  switch (line.text(1)) {
    case 'mode':
      if (!line.is(2, 'flat') && !line.is(2, 'segmented')) return ERROR
      settings.lruSegmented = line.is(2, 'segmented')
      return OK
    case 'tune':
      return line.words < 6 ? ERROR : tune(settings, line)
    case 'temp_ttl': {
      const ttl = line.int32(2)
      if (Number.isNaN(ttl)) return ERROR
      settings.tempLru = ttl >= 0
      if (ttl >= 0) settings.temporaryTtl = ttl
      return OK
    }
    default:
      return ERROR
  }
}

function tune(settings: CacheCore['settings'], line: Line): Buffer {
  const [hot, warm] = [line.uint32(2), line.uint32(3)]
  const [hotFactor, warmFactor] = [fraction(line.text(4)), fraction(line.text(5))]
  if ([hot, warm, hotFactor, warmFactor].some(Number.isNaN)) return ERROR
  if (hot + warm > MAX_PERCENT) return PERCENTS
  if (hotFactor <= 0 || warmFactor <= 0) return FACTORS
  settings.hotLruPercent = hot
  settings.warmLruPercent = warm
  settings.hotMaxFactor = hotFactor
  settings.warmMaxFactor = warmFactor
  return OK
}

// As strtod reads it, without its hexadecimal and infinite numbers.
function fraction(text: string): number {
  return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:\s|$)/i.test(text) ? Number.parseFloat(text) : Number.NaN
}

const STARTS: Readonly<Record<MoveStart, Buffer>> = {
  started: OK,
  running: MOVING,
  same: SAME,
  'unknown class': BAD_CLASSES,
  'no spare page': NO_SPARE,
}

function slabs({ settings, store }: CacheCore, line: Line): Buffer {
  if (line.is(1, 'reassign') && line.words === 4) {
    const [from, to] = [line.int32(2), line.int32(3)]
    if (!settings.slabReassign) return NO_REASSIGN
    if (Number.isNaN(from) || Number.isNaN(to)) return BAD_FORMAT
    return STARTS[store.mover.start(from, to)]
  }
  if (line.is(1, 'automove') && line.is(2, 'ratio')) {
    if (!has(settings.engineVersion, 'slabs automove ratio')) return ERROR
    const ratio = fraction(line.text(3))
    if (Number.isNaN(ratio)) return ERROR
    settings.slabAutomoveRatio = ratio
    return OK
  }
  if (line.is(1, 'automove') && line.words >= 3) {
    const level = line.uint32(2)
    if (Number.isNaN(level)) return BAD_FORMAT
    if (level > 2) return ERROR
    settings.slabAutomove = level
    return OK
  }
  return ERROR
}

// --- watch, cache_memlimit, refresh_certs ----------------------------------------------------------------------------

function watch(client: Client, line: Line): undefined {
  const { core } = client
  if (!core.settings.watchEnabled) {
    core.replies.text(WATCH_REFUSED)
    return
  }
  client.noreply = line.noreply
  if (core.replies.length > core.replies.settled) {
    if (!client.noreply) core.replies.text(NOT_FIRST)
    return
  }
  const topics = new Set<Topic>()
  for (let word = 1; word < line.words; word++) {
    const topic = TOPICS.find((name) => line.is(word, name))
    if (topic === undefined) {
      if (!client.noreply) core.replies.text(ERROR)
      return
    }
    topics.add(topic)
  }
  if (topics.size === 0) topics.add('fetchers')
  core.watchers ??= new Watchers(core.store, core.settings.watcherLogbufSize, () => core.serving)
  // Lines of the watched go past the queue: what was answered before them is not to wait there.
  core.replies.atOnce = true
  core.watchers.add(client, topics)
  core.replies.text(OK)
}

function cacheMemlimit({ store }: CacheCore, line: Line): Buffer {
  const megabytes = line.uint32(1)
  if (Number.isNaN(megabytes)) return ERROR
  if (megabytes < MIN_MEGABYTES) return TOO_SMALL
  if (megabytes > MOST_MEGABYTES) return TOO_LARGE
  store.slabs.memoryLimit = megabytes * MIB
  return OK
}

function refreshCertificates({ settings }: CacheCore): Buffer {
  if (!settings.tls) return NO_TLS
  return settings.operator.refreshCertificates?.() === false ? BAD_CERTIFICATES : OK
}

// --- the rows --------------------------------------------------------------------------------------------------------

function row(
  name: string,
  words: readonly [number, number],
  run: (core: CacheCore, line: Line) => Buffer | undefined,
): Verb {
  return {
    name,
    shape: 'words',
    words,
    run(client, line) {
      const reply = run(client.core, line)
      if (reply !== undefined && !(line.noreply && hushed(line, reply))) client.core.replies.text(reply)
      return undefined
    },
  }
}

// `noreply` hides mistakes too, but some commands do not look for it.
function hushed(line: Line, reply: Buffer): boolean {
  if (line.is(0, 'refresh_certs')) return reply === OK
  return !line.is(0, 'lru_crawler') && (!line.is(0, 'slabs') || line.is(1, 'automove'))
}

const ANY: readonly [number, number] = [2, Number.POSITIVE_INFINITY]

/** On nodes with `adminCommands` only. */
export const adminOnlyVerbs: readonly Verb[] = [
  { ...row('lru_crawler', ANY, crawler), since: SINCE.lru_crawler },
  { ...row('lru', ANY, lru), since: SINCE.lru },
  { ...row('slabs', ANY, slabs), since: SINCE.slabs },
]

export const maintenanceVerbs: readonly Verb[] = [
  { name: 'watch', shape: 'words', words: [1, Number.POSITIVE_INFINITY], since: SINCE.watch, run: watch },
  { ...row('cache_memlimit', [2, 3], cacheMemlimit), since: SINCE.cache_memlimit },
  { ...row('refresh_certs', [1, Number.POSITIVE_INFINITY], refreshCertificates), since: SINCE.refresh_certs },
]
