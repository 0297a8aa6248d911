/**
 * Node types of ElastiCache for Memcached (guide, "Supported node types" and "Memcached node-type specific parameters").
 * Sizes hold [max_cache_memory in MiB, num_threads]. Several figures look odd (m2.xlarge above m2.2xlarge, c7gn.12xlarge above
 * c7gn.16xlarge) but are what the guide prints: never sort types by memory. M7g and R7g stand in its bandwidth table only;
 * they have the memory of M6g and R6g, as M5 has that of M6g.
 */
import type { EngineFacts, EngineName } from './engines.ts'
import { isAtLeast } from './versions.ts'

interface NodeFamily {
  readonly generation: 'current' | 'previous'
  /** First version of an engine the guide allows on the family; absent: all of them. */
  readonly since?: Readonly<Partial<Record<EngineName, string>>>
  /** Built on the Nitro System, which IPv6 and dual stack need. */
  readonly nitro: boolean
  /** False for the families the guide excludes from in-transit encryption (M1, M2, M3, R3, T2), and for T1 and C1, as old as M1. */
  readonly tls: boolean
  /** Reserved by use (light, medium, heavy); from R5 and M5 on there are standard reservations. */
  readonly legacyReservations?: true
  readonly sizes: Readonly<Record<string, readonly [maxCacheMemory: number, threads: number]>>
}

const FAMILIES: Readonly<Record<string, NodeFamily>> = {
  t2: {
    generation: 'current',
    legacyReservations: true,
    nitro: false,
    tls: false,
    sizes: { micro: [555, 1], small: [1588, 1], medium: [3301, 2] },
  },
  t3: {
    generation: 'current',
    nitro: true,
    tls: true,
    sizes: { micro: [512, 2], small: [1402, 2], medium: [3364, 2] },
  },
  t4g: {
    generation: 'current',
    since: { memcached: '1.5.16' },
    nitro: true,
    tls: true,
    sizes: { micro: [512, 2], small: [1402, 2], medium: [3164, 2] },
  },
  m4: {
    generation: 'current',
    legacyReservations: true,
    nitro: false,
    tls: true,
    sizes: {
      large: [6573, 2],
      xlarge: [11496, 4],
      '2xlarge': [30412, 8],
      '4xlarge': [62234, 16],
      '10xlarge': [158355, 40],
    },
  },
  m5: {
    generation: 'current',
    nitro: true,
    tls: true,
    sizes: {
      large: [6537, 2],
      xlarge: [13248, 4],
      '2xlarge': [26671, 8],
      '4xlarge': [53516, 16],
      '12xlarge': [160900, 48],
      '24xlarge': [321865, 96],
    },
  },
  m6g: {
    generation: 'current',
    since: { memcached: '1.5.16' },
    nitro: true,
    tls: true,
    sizes: {
      large: [6537, 2],
      xlarge: [13248, 4],
      '2xlarge': [26671, 8],
      '4xlarge': [53516, 16],
      '8xlarge': [107000, 32],
      '12xlarge': [160900, 48],
      '16xlarge': [214577, 64],
    },
  },
  m7g: {
    generation: 'current',
    since: { memcached: '1.5.16' },
    nitro: true,
    tls: true,
    sizes: {
      large: [6537, 2],
      xlarge: [13248, 4],
      '2xlarge': [26671, 8],
      '4xlarge': [53516, 16],
      '8xlarge': [107000, 32],
      '12xlarge': [160900, 48],
      '16xlarge': [214577, 64],
    },
  },
  r4: {
    generation: 'current',
    legacyReservations: true,
    nitro: false,
    tls: true,
    sizes: {
      large: [12590, 2],
      xlarge: [25652, 4],
      '2xlarge': [51686, 8],
      '4xlarge': [103815, 16],
      '8xlarge': [208144, 32],
      '16xlarge': [416776, 64],
    },
  },
  r5: {
    generation: 'current',
    nitro: true,
    tls: true,
    sizes: {
      large: [13387, 2],
      xlarge: [26953, 4],
      '2xlarge': [54084, 8],
      '4xlarge': [108347, 16],
      '12xlarge': [325400, 48],
      '24xlarge': [650869, 96],
    },
  },
  r6g: {
    generation: 'current',
    since: { memcached: '1.5.16' },
    nitro: true,
    tls: true,
    sizes: {
      large: [13387, 2],
      xlarge: [26953, 4],
      '2xlarge': [54084, 8],
      '4xlarge': [108347, 16],
      '8xlarge': [214577, 32],
      '12xlarge': [325400, 48],
      '16xlarge': [429154, 64],
    },
  },
  r7g: {
    generation: 'current',
    since: { memcached: '1.5.16' },
    nitro: true,
    tls: true,
    sizes: {
      large: [13387, 2],
      xlarge: [26953, 4],
      '2xlarge': [54084, 8],
      '4xlarge': [108347, 16],
      '8xlarge': [214577, 32],
      '12xlarge': [325400, 48],
      '16xlarge': [429154, 64],
    },
  },
  c7gn: {
    generation: 'current',
    since: { memcached: '1.6.6' },
    nitro: true,
    tls: true,
    sizes: {
      large: [3164, 2],
      xlarge: [6537, 4],
      '2xlarge': [13248, 8],
      '4xlarge': [26671, 16],
      '8xlarge': [53516, 32],
      '12xlarge': [325400, 48],
      '16xlarge': [108347, 64],
    },
  },
  t1: { generation: 'previous', legacyReservations: true, nitro: false, tls: false, sizes: { micro: [213, 1] } },
  m1: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: false,
    sizes: { small: [1301, 1], medium: [3350, 1], large: [7100, 2], xlarge: [14600, 4] },
  },
  m2: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: false,
    sizes: { xlarge: [33800, 2], '2xlarge': [30412, 4], '4xlarge': [68000, 16] },
  },
  m3: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: false,
    sizes: { medium: [2850, 1], large: [6200, 2], xlarge: [13600, 4], '2xlarge': [28600, 8] },
  },
  r3: {
    generation: 'previous',
    legacyReservations: true,
    nitro: false,
    tls: false,
    sizes: {
      large: [13800, 2],
      xlarge: [29100, 4],
      '2xlarge': [59600, 8],
      '4xlarge': [120600, 16],
      '8xlarge': [120600, 32],
    },
  },
  c1: { generation: 'previous', legacyReservations: true, nitro: false, tls: false, sizes: { xlarge: [6600, 8] } },
}

export interface NodeType extends Omit<NodeFamily, 'sizes'> {
  readonly name: string
  readonly family: string
  /** MiB, before connection overhead is taken off. */
  readonly maxCacheMemory: number
  readonly threads: number
}

export const nodeTypes: ReadonlyMap<string, NodeType> = new Map(
  Object.entries(FAMILIES).flatMap(([family, { sizes, ...rules }]) =>
    Object.entries(sizes).map(([size, [maxCacheMemory, threads]]): [string, NodeType] => {
      const name = `cache.${family}.${size}`
      return [name, { name, family, maxCacheMemory, threads, ...rules }]
    }),
  ),
)

/** Whether a version of an engine runs on the type; one that is unknown here may. */
export function isOfferedFor({ since }: NodeType, { name }: EngineFacts, version: string): boolean {
  const first = since?.[name]
  return first === undefined || isAtLeast(version, first)
}
