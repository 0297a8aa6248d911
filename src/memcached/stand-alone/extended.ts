import type { CacheNodeOptions } from '../options.ts'
import { MAX_SLAB_CLASSES, PAGE_BYTES } from '../store/slab-classes.ts'
import { BadArgument, fraction, type Plan, wholeNumber } from './plan.ts'

type Read = (plan: Plan, value: string | undefined, name: string) => void

/** Takes one list of `-o`: `idle_timeout=60,no_lru_crawler`. */
export function extend(plan: Plan, list: string): void {
  for (const each of list.replace(/,$/, '').split(',')) {
    if (list === '') return
    const [name = '', ...rest] = each.split('=')
    const read = Object.hasOwn(EXTENDED, name) ? EXTENDED[name] : undefined
    if (read === undefined) throw new BadArgument(`-o: unknown option '${name}'`)
    read(plan, rest.length > 0 ? rest.join('=') : undefined, `-o ${name}`)
  }
}

type NumberOption = {
  [K in keyof CacheNodeOptions]-?: Required<CacheNodeOptions>[K] extends number ? K : never
}[keyof CacheNodeOptions]
type SwitchOption = {
  [K in keyof CacheNodeOptions]-?: Required<CacheNodeOptions>[K] extends boolean ? K : never
}[keyof CacheNodeOptions]

const whole =
  (option: NumberOption, least: number, most?: number): Read =>
  ({ node }, value, name) => {
    node[option] = wholeNumber(name, value, least, most)
  }

const number =
  (option: NumberOption, least: number, most?: number): Read =>
  ({ node }, value, name) => {
    node[option] = fraction(name, value, least, most)
  }

const set =
  (option: SwitchOption, on: boolean): Read =>
  ({ node }) => {
    node[option] = on
  }

const idle: Read = () => undefined

const file =
  (which: 'chainFile' | 'keyFile' | 'authorityFile'): Read =>
  (plan, value, name) => {
    if (value === undefined || value === '') throw new BadArgument(`${name}: the path of a file is needed`)
    plan.reported[which] = value
  }

const HASHES = ['jenkins', 'murmur3', 'xxh3']
const VERIFY = [undefined, 'asked', 'demanded', 'demanded'] as const
const TLS_1_2 = 2
const TLS_1_3 = 3

// As memcached refuses them, except for the bounds that other options may still move.
function slabSizes(value: string | undefined, name: string): number[] {
  const sizes = (value ?? '').split('-').filter(Boolean).map(Number)
  const ascending = sizes.every((size, i) => Number.isInteger(size) && size > (sizes[i - 1] ?? 40) + CHUNK_ALIGN)
  if (sizes.length === 0 || sizes.length > MAX_SLAB_CLASSES - 2 || !ascending || (sizes.at(-1) ?? 0) > PAGE_BYTES / 2) {
    throw new BadArgument(`${name}: ascending sizes from 49 to ${PAGE_BYTES / 2} are needed, as 100-200-400`)
  }
  return sizes
}

const CHUNK_ALIGN = 8

/** memcached's `-o`, by name; what has no counterpart in a node of one thread is accepted without effect. */
const EXTENDED: Readonly<Record<string, Read>> = {
  maxconns_fast: set('maxConnsFast', true),
  no_maxconns_fast: set('maxConnsFast', false),
  hashpower: whole('hashpowerInit', 12, 32),
  hash_algorithm({ node }, value, name) {
    if (value === undefined || !HASHES.includes(value)) throw new BadArgument(`${name}: one of ${HASHES.join(', ')}`)
    node.hashAlgorithm = value
  },
  slab_reassign: set('slabReassign', true),
  no_slab_reassign: set('slabReassign', false),
  slab_automove: ({ node }, value, name) => {
    node.slabAutomove = wholeNumber(name, value ?? '1', 0, 2)
  },
  no_slab_automove: ({ node }) => {
    node.slabAutomove = 0
  },
  slab_automove_ratio: number('slabAutomoveRatio', 0, 1),
  slab_automove_window: whole('slabAutomoveWindow', 3),
  slab_chunk_max: whole('slabChunkMax', 1),
  slab_sizes({ node }, value, name) {
    node.slabSizes = slabSizes(value, name)
  },
  no_chunked_items: ({ node }) => {
    node.slabChunkMax = PAGE_BYTES
  },
  lru_crawler: set('lruCrawler', true),
  no_lru_crawler: set('lruCrawler', false),
  lru_crawler_sleep: whole('lruCrawlerSleep', 0, 1_000_000),
  lru_crawler_tocrawl: whole('lruCrawlerToCrawl', 0),
  lru_maintainer: set('lruSegmented', true),
  no_lru_maintainer: set('lruSegmented', false),
  hot_lru_pct: whole('hotLruPercent', 1, 79),
  warm_lru_pct: whole('warmLruPercent', 1, 79),
  hot_max_factor: number('hotMaxFactor', 0),
  warm_max_factor: number('warmMaxFactor', 0),
  temporary_ttl({ node }, value, name) {
    node.tempLru = true
    node.temporaryTtl = wholeNumber(name, value, 0)
  },
  idle_timeout: whole('idleTimeout', 0),
  watcher_logbuf_size: whole('watcherLogbufSize', 0),
  worker_logbuf_size: whole('workerLogbufSize', 0),
  track_sizes: set('trackSizes', true),
  inline_ascii_resp: set('inlineAsciiResponse', true),
  no_inline_ascii_resp: set('inlineAsciiResponse', false),
  modern: idle,
  no_modern({ node }) {
    node.slabChunkMax ??= PAGE_BYTES
    node.slabReassign = false
    node.slabAutomove = 0
    node.maxConnsFast = false
    node.lruSegmented = false
    node.lruCrawler = false
    node.hashAlgorithm = 'jenkins'
  },
  no_hashexpand: idle,
  tail_repair_time(_plan, value, name) {
    wholeNumber(name, value, 10)
  },
  resp_obj_mem_limit: idle,
  read_buf_mem_limit: idle,
  no_drop_privileges: idle,
  drop_privileges: idle,
  relaxed_privileges: idle,
  ssl_chain_cert: file('chainFile'),
  ssl_key: file('keyFile'),
  ssl_ca_cert: file('authorityFile'),
  ssl_verify_mode(plan, value, name) {
    plan.reported.verifyMode = wholeNumber(name, value, 0, 3)
    const asked = VERIFY[plan.reported.verifyMode]
    if (asked === undefined) delete plan.clientCertificates
    else plan.clientCertificates = asked
  },
  ssl_min_version(plan, value, name) {
    // TLS 1.0 and 1.1 (0 and 1) are gone from ElastiCache and from current OpenSSL alike.
    plan.minVersion = wholeNumber(name, value, TLS_1_2, TLS_1_3) === TLS_1_3 ? 'TLSv1.3' : 'TLSv1.2'
  },
  ssl_keyformat: idle,
  ssl_ciphers({ reported }, value, name) {
    if (value === undefined) throw new BadArgument(`${name}: names of ciphers are needed`)
    reported.ciphers = value
  },
  ssl_wbuf_size({ reported }, value, name) {
    reported.writeBufferBytes = wholeNumber(name, value, 1) * 1024
  },
  ssl_session_cache({ reported }) {
    reported.sessionCache = true
  },
  ssl_kernel_tls: idle,
}
