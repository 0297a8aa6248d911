/**
 * Node types of ElastiCache (guide, "Supported node types", and the parameters of Memcached and of Redis OSS that depend on them).
 * Sizes hold [max_cache_memory of Memcached in MiB, num_threads, maxmemory of Redis OSS in bytes, and where it is not a tenth of
 * that: what a replica may be behind in bytes]. Several figures look odd (m2.xlarge above m2.2xlarge, c7gn.12xlarge above
 * c7gn.16xlarge) but are what the guide prints: never sort types by memory. M7g and R7g stand in its bandwidth table only;
 * they have the memory of M6g and R6g, as M5 has that of M6g. Of C7gn the guide does not print maxmemory: it has that of types with as
 * much for Memcached (a guess), but for 12xlarge. M8g, R8g and C8gn are in the API's list and not in the guide: they are taken to have
 * the memory of the generation before, and to run no Memcached.
 */
import type { EngineFacts, EngineName } from './engines.ts'
import { isAtLeast } from './versions.ts'

interface NodeFamily {
  readonly generation: 'current' | 'previous'
  /** First version of an engine the guide allows on the family; absent: all of them; null: none. */
  readonly since?: Readonly<Partial<Record<EngineName, string | null>>>
  /** Built on the Nitro System, which IPv6 and dual stack need. */
  readonly nitro: boolean
  /** Engines that have in-transit encryption on it. For Memcached the guide excludes M1, M2, M3, R3, T2 (and T1, C1 are as old). */
  readonly tls: readonly EngineName[]
  /** Keeps what is used less on disks: for replication groups only. */
  readonly dataTiering?: true
  /** Reserved by use (light, medium, heavy); from R5 and M5 on there are standard reservations. */
  readonly legacyReservations?: true
  readonly sizes: Readonly<
    Record<string, readonly [maxCacheMemory: number, threads: number, maxmemory: number, replicaBuffer?: number]>
  >
}

const ALL: readonly EngineName[] = ['memcached', 'redis', 'valkey']
const REPLICATING: readonly EngineName[] = ['redis', 'valkey']

const FAMILIES: Readonly<Record<string, NodeFamily>> = {
  t2: {
    generation: 'current',
    legacyReservations: true,
    nitro: false,
    tls: REPLICATING,
    sizes: { micro: [555, 1, 581_959_680], small: [1_588, 1, 1_665_138_688], medium: [3_301, 2, 3_461_349_376] },
  },
  t3: {
    generation: 'current',
    nitro: true,
    tls: ALL,
    sizes: { micro: [512, 2, 536_870_912], small: [1_402, 2, 1_471_026_299], medium: [3_364, 2, 3_317_862_236] },
  },
  t4g: {
    generation: 'current',
    since: { memcached: '1.5.16', redis: '5.0.6' },
    nitro: true,
    tls: ALL,
    sizes: { micro: [512, 2, 536_870_912], small: [1_402, 2, 1_471_026_299], medium: [3_164, 2, 3_317_862_236] },
  },
  m4: {
    generation: 'current',
    legacyReservations: true,
    nitro: false,
    tls: ALL,
    sizes: {
      large: [6_573, 2, 6_892_593_152],
      xlarge: [11_496, 4, 11_496_376_320],
      '2xlarge': [30_412, 8, 31_889_126_359, 3_188_912_636],
      '4xlarge': [62_234, 16, 65_257_290_629, 6_525_729_063],
      '10xlarge': [158_355, 40, 166_047_614_239, 16_604_761_424],
    },
  },
  m5: {
    generation: 'current',
    nitro: true,
    tls: ALL,
    sizes: {
      large: [6_537, 2, 6_854_542_746, 685_454_275],
      xlarge: [13_248, 4, 13_891_921_715, 1_389_192_172],
      '2xlarge': [26_671, 8, 27_966_669_210],
      '4xlarge': [53_516, 16, 56_116_178_125],
      '12xlarge': [160_900, 48, 168_715_971_994],
      '24xlarge': [321_865, 96, 337_500_562_842],
    },
  },
  m6g: {
    generation: 'current',
    since: { memcached: '1.5.16', redis: '5.0.6' },
    nitro: true,
    tls: ALL,
    sizes: {
      large: [6_537, 2, 6_854_542_746, 685_454_275],
      xlarge: [13_248, 4, 13_891_921_715, 1_389_192_172],
      '2xlarge': [26_671, 8, 27_966_669_210],
      '4xlarge': [53_516, 16, 56_116_178_125],
      '8xlarge': [107_000, 32, 111_325_552_312],
      '12xlarge': [160_900, 48, 168_715_971_994],
      '16xlarge': [214_577, 64, 225_000_375_228, 22_500_037_523],
    },
  },
  m7g: {
    generation: 'current',
    since: { memcached: '1.5.16', redis: '6.2' },
    nitro: true,
    tls: ALL,
    sizes: {
      large: [6_537, 2, 6_854_542_746, 685_454_275],
      xlarge: [13_248, 4, 13_891_921_715, 1_389_192_172],
      '2xlarge': [26_671, 8, 27_966_669_210],
      '4xlarge': [53_516, 16, 56_116_178_125],
      '8xlarge': [107_000, 32, 111_325_552_312],
      '12xlarge': [160_900, 48, 168_715_971_994],
      '16xlarge': [214_577, 64, 225_000_375_228, 22_500_037_523],
    },
  },
  r4: {
    generation: 'current',
    legacyReservations: true,
    nitro: false,
    tls: ALL,
    sizes: {
      large: [12_590, 2, 13_201_781_556],
      xlarge: [25_652, 4, 26_898_228_839],
      '2xlarge': [51_686, 8, 54_197_537_997],
      '4xlarge': [103_815, 16, 108_858_546_586],
      '8xlarge': [208_144, 32, 218_255_432_090],
      '16xlarge': [416_776, 64, 437_021_573_120],
    },
  },
  r5: {
    generation: 'current',
    nitro: true,
    tls: ALL,
    sizes: {
      large: [13_387, 2, 14_037_181_030],
      xlarge: [26_953, 4, 28_261_849_702],
      '2xlarge': [54_084, 8, 56_711_183_565],
      '4xlarge': [108_347, 16, 113_609_865_216, 11_360_986_522],
      '12xlarge': [325_400, 48, 341_206_346_547, 34_120_634_655],
      '24xlarge': [650_869, 96, 682_485_973_811],
    },
  },
  r6g: {
    generation: 'current',
    since: { memcached: '1.5.16', redis: '5.0.6' },
    nitro: true,
    tls: ALL,
    sizes: {
      large: [13_387, 2, 14_037_181_030],
      xlarge: [26_953, 4, 28_261_849_702],
      '2xlarge': [54_084, 8, 56_711_183_565],
      '4xlarge': [108_347, 16, 113_609_865_216, 11_360_986_522],
      '8xlarge': [214_577, 32, 225_000_375_228, 22_500_037_523],
      '12xlarge': [325_400, 48, 341_206_346_547, 34_120_634_655],
      '16xlarge': [429_154, 64, 450_000_750_456, 45_000_075_046],
    },
  },
  r7g: {
    generation: 'current',
    since: { memcached: '1.5.16', redis: '6.2' },
    nitro: true,
    tls: ALL,
    sizes: {
      large: [13_387, 2, 14_037_181_030],
      xlarge: [26_953, 4, 28_261_849_702],
      '2xlarge': [54_084, 8, 56_711_183_565],
      '4xlarge': [108_347, 16, 113_609_865_216, 11_360_986_522],
      '8xlarge': [214_577, 32, 225_000_375_228, 22_500_037_523],
      '12xlarge': [325_400, 48, 341_206_346_547, 34_120_634_655],
      '16xlarge': [429_154, 64, 450_000_750_456, 45_000_075_046],
    },
  },
  c7gn: {
    generation: 'current',
    since: { memcached: '1.6.6', redis: '6.2' },
    nitro: true,
    tls: ALL,
    sizes: {
      large: [3_164, 2, 3_317_862_236],
      xlarge: [6_537, 4, 6_854_542_746],
      '2xlarge': [13_248, 8, 13_891_921_715],
      '4xlarge': [26_671, 16, 27_966_669_210],
      '8xlarge': [53_516, 32, 56_116_178_125],
      '12xlarge': [325_400, 48, 84_862_773_248],
      '16xlarge': [108_347, 64, 113_609_865_216],
    },
  },
  r6gd: {
    generation: 'current',
    since: { memcached: null, redis: '6.2' },
    nitro: true,
    tls: REPLICATING,
    dataTiering: true,
    sizes: {
      xlarge: [26_953, 4, 28_261_849_702],
      '2xlarge': [54_084, 8, 56_711_183_565],
      '4xlarge': [108_347, 16, 113_609_865_216, 11_360_986_522],
      '8xlarge': [214_577, 32, 225_000_375_228, 22_500_037_523],
      '12xlarge': [325_400, 48, 341_206_346_547, 34_120_634_655],
      '16xlarge': [429_154, 64, 450_000_750_456, 45_000_075_046],
    },
  },
  m8g: {
    generation: 'current',
    since: { memcached: null, redis: '6.2' },
    nitro: true,
    tls: REPLICATING,
    sizes: {
      large: [6_537, 2, 6_854_542_746, 685_454_275],
      xlarge: [13_248, 4, 13_891_921_715, 1_389_192_172],
      '2xlarge': [26_671, 8, 27_966_669_210],
      '4xlarge': [53_516, 16, 56_116_178_125],
      '8xlarge': [107_000, 32, 111_325_552_312],
      '12xlarge': [160_900, 48, 168_715_971_994],
      '16xlarge': [214_577, 64, 225_000_375_228, 22_500_037_523],
    },
  },
  r8g: {
    generation: 'current',
    since: { memcached: null, redis: '6.2' },
    nitro: true,
    tls: REPLICATING,
    sizes: {
      large: [13_387, 2, 14_037_181_030],
      xlarge: [26_953, 4, 28_261_849_702],
      '2xlarge': [54_084, 8, 56_711_183_565],
      '4xlarge': [108_347, 16, 113_609_865_216, 11_360_986_522],
      '8xlarge': [214_577, 32, 225_000_375_228, 22_500_037_523],
      '12xlarge': [325_400, 48, 341_206_346_547, 34_120_634_655],
      '16xlarge': [429_154, 64, 450_000_750_456, 45_000_075_046],
    },
  },
  c8gn: {
    generation: 'current',
    since: { memcached: null, redis: '6.2' },
    nitro: true,
    tls: REPLICATING,
    sizes: {
      large: [3_164, 2, 3_317_862_236],
      xlarge: [6_537, 4, 6_854_542_746],
      '2xlarge': [13_248, 8, 13_891_921_715],
      '4xlarge': [26_671, 16, 27_966_669_210],
      '8xlarge': [53_516, 32, 56_116_178_125],
      '12xlarge': [80_932, 48, 84_862_773_248],
      '16xlarge': [108_347, 64, 113_609_865_216],
    },
  },
  t1: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: [],
    sizes: { micro: [213, 1, 142_606_336] },
  },
  m1: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: [],
    sizes: {
      small: [1_301, 1, 943_718_400],
      medium: [3_350, 1, 3_093_299_200],
      large: [7_100, 2, 7_025_459_200],
      xlarge: [14_600, 4, 14_889_779_200],
    },
  },
  m2: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: [],
    sizes: {
      xlarge: [33_800, 2, 17_091_788_800],
      '2xlarge': [30_412, 4, 35_022_438_400],
      '4xlarge': [68_000, 16, 70_883_737_600],
    },
  },
  m3: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: REPLICATING,
    sizes: {
      medium: [2_850, 1, 2_988_441_600, 309_329_920],
      large: [6_200, 2, 6_501_171_200],
      xlarge: [13_600, 4, 14_260_633_600],
      '2xlarge': [28_600, 8, 29_989_273_600],
    },
  },
  r3: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: REPLICATING,
    sizes: {
      large: [13_800, 2, 14_470_348_800, 1_468_006_400],
      xlarge: [29_100, 4, 30_513_561_600, 3_040_870_400],
      '2xlarge': [59_600, 8, 62_495_129_600, 6_081_740_800],
      '4xlarge': [120_600, 16, 126_458_265_600, 12_268_339_200],
      '8xlarge': [120_600, 32, 254_384_537_600, 24_536_678_400],
    },
  },
  c1: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: REPLICATING,
    sizes: { xlarge: [6_600, 8, 6_501_171_200] },
  },
}

export interface NodeType extends Omit<NodeFamily, 'sizes'> {
  readonly name: string
  readonly family: string
  /** MiB, before connection overhead is taken off. */
  readonly maxCacheMemory: number
  readonly threads: number
  /** Bytes of Redis OSS and Valkey, before what is reserved is taken off. */
  readonly maxmemory: number
  /** Of Redis OSS and Valkey at most (guide, "maxclients"). */
  readonly maxClients: number
  /** Bytes that a primary keeps for a replica until it gives up on it. */
  readonly replicaBuffer: number
}

const MAX_CLIENTS = 65_000
const FEWER_CLIENTS: Readonly<Record<string, number>> = {
  'cache.t2.micro': 20_000,
  'cache.t2.small': 20_000,
  'cache.t2.medium': 20_000,
  'cache.t3.micro': 20_000,
  'cache.t3.small': 46_000,
  'cache.t3.medium': 46_000,
  'cache.t4g.micro': 20_000,
}

export const nodeTypes: ReadonlyMap<string, NodeType> = new Map(
  Object.entries(FAMILIES).flatMap(([family, { sizes, ...rules }]) =>
    Object.entries(sizes).map(([size, [maxCacheMemory, threads, maxmemory, buffer]]): [string, NodeType] => {
      const name = `cache.${family}.${size}`
      const replicaBuffer = buffer ?? Math.floor(maxmemory / 10)
      const maxClients = FEWER_CLIENTS[name] ?? MAX_CLIENTS
      return [name, { name, family, maxCacheMemory, threads, maxmemory, replicaBuffer, maxClients, ...rules }]
    }),
  ),
)

/** Whether a version of an engine runs on the type; one that is unknown here may. */
export function isOfferedFor({ since }: NodeType, { name }: EngineFacts, version: string): boolean {
  const first = since?.[name]
  return first === undefined || (first !== null && isAtLeast(version, first))
}
