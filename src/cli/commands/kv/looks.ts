/** What commands share that look at all keys of a cache: how far, and that nodes may not let them. */
import { memcached } from '../../../api/catalog/engines.ts'
import { visibleLine } from '../../../api/visible.ts'
import { count } from '../../flag-kinds.ts'
import type { Flags } from '../../flags.ts'
import { Problem } from '../../problem.ts'
import { kvFlags } from './place.ts'

/** @param what The look is at so many of these at most. */
export const lookFlags = (what: 'uses' | 'keys') =>
  ({
    most: count({
      summary: `look at so many ${what} at most (default 1000000)`,
      helpValue: '<number>',
      least: 1,
      otherwise: 1_000_000,
    }),
    count: count({ summary: 'how many keys to show (default 20)', helpValue: '<number>', least: 1, otherwise: 20 }),
    ...kvFlags,
  }) satisfies Flags

/** A node has answered otherwise than it was asked to. `asked`: with this command. */
export const refusedBy = (node: string, asked: keyof typeof WAYS, line: string): Problem =>
  new Problem('general', `${node} does not let clients look by ${asked}: ${visibleLine(line)}`, WAYS[asked])

const WAYS = {
  'lru_crawler metadump': `Nodes of ElastiCache refuse it since ${memcached.keysHiddenSince}, serverless caches always. What is used most: cachectl kv hot`,
  watch: 'Serverless caches refuse it. How much is used: cachectl metrics',
} as const
