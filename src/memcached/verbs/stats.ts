import { BAD_CACHEDUMP, BAD_FORMAT, BAD_SLAB_ID, DETAIL_USAGE, END, ERROR, OK, RESET } from '../answers.ts'
import type { CacheCore } from '../core.ts'
import { has } from '../since.ts'
import { resetStats, statsOf } from '../stats/topics.ts'
import { COLD, EXPTIME, NEXT } from '../store/item.ts'
import type { Line } from '../tokens.ts'
import type { Verb } from '../verb.ts'

const MAX_CLASSES = 64
const CACHEDUMP_BYTES = 2 << 20

function answerTopic(core: CacheCore, topic: string): void {
  const lines = statsOf(core, topic)
  if (lines === undefined) {
    core.replies.text(ERROR)
    return
  }
  core.replies.text(Buffer.from(lines.map(([name, value]) => `STAT ${name} ${value}\r\n`).join(''), 'latin1'))
  core.replies.text(END)
}

function detail(core: CacheCore, line: Line): void {
  const { replies } = core
  if (line.is(2, 'on')) {
    core.prefixes = core.prefixStats
    replies.text(OK)
  } else if (line.is(2, 'off')) {
    core.prefixes = undefined
    replies.text(OK)
  } else if (line.is(2, 'dump')) {
    replies.text(Buffer.from(core.prefixStats.dump(), 'latin1'))
    replies.text(END)
  } else replies.text(DETAIL_USAGE)
}

// Like memcached's, it shows the cold list only, and two megabytes at most.
function cachedump(core: CacheCore, line: Line): void {
  const { replies, settings, store } = core
  if (!settings.dumpEnabled) {
    replies.line('CLIENT_ERROR stats cachedump not allowed')
    return
  }
  if (line.words < 4) {
    replies.text(BAD_CACHEDUMP)
    return
  }
  const id = line.uint32(2)
  const limit = line.uint32(3)
  if (Number.isNaN(id) || Number.isNaN(limit)) {
    replies.text(BAD_FORMAT)
    return
  }
  if (id >= MAX_CLASSES) {
    replies.text(BAD_SLAB_ID)
    return
  }
  const lines: string[] = []
  let bytes = 0
  let item = id === 0 ? 0 : (store.lru.heads[id | COLD] ?? 0)
  while (item !== 0 && (limit === 0 || lines.length < limit) && bytes < CACHEDUMP_BYTES) {
    const exptime = store.slabs.word(item, EXPTIME)
    const expires = exptime === 0 ? 0 : store.unixTime(exptime)
    const text = `ITEM ${store.keyText(item)} [${store.valueBytes(item) - 2} b; ${expires} s]\r\n`
    bytes += text.length
    lines.push(text)
    item = store.slabs.word(item, NEXT)
  }
  replies.text(Buffer.from(lines.join(''), 'latin1'))
  replies.text(END)
}

function trackSizes(core: CacheCore, on: boolean): void {
  const { replies, settings, store } = core
  if (on && !settings.casEnabled) {
    replies.line('STAT sizes_status error')
    replies.line('STAT sizes_error cas_support_disabled')
    return
  }
  // Older items are not counted in afterwards.
  if (on && !settings.trackSizes) core.sizesSince = store.nextCas()
  settings.trackSizes = on
  replies.line(`STAT sizes_status ${on ? 'enabled' : 'disabled'}`)
}

const stats: Verb = {
  name: 'stats',
  shape: 'words',
  words: [1, Number.POSITIVE_INFINITY],
  run(client, line) {
    const { core } = client
    const { replies, settings } = core
    const topic = line.text(1)
    if (topic !== '' && topic !== 'reset' && settings.plainStatsOnly) replies.text(ERROR)
    else if (topic === 'reset') {
      resetStats(core)
      replies.text(RESET)
    } else if (topic === 'detail') detail(core, line)
    else if (topic === 'cachedump') cachedump(core, line)
    else if (
      (topic === 'sizes_enable' || topic === 'sizes_disable') &&
      has(settings.engineVersion, 'stats sizes_enable')
    ) {
      trackSizes(core, topic === 'sizes_enable')
    } else answerTopic(core, topic)
    return undefined
  },
}

export const statsVerbs: readonly Verb[] = [stats]
