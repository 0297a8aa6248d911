/**
 * Engines whose nodes of Redis OSS and Valkey are parts of them, as users have them; with `CACHECTL_TEST_SERVERS=server` they are the
 * servers that are installed. What holds for one of both alone is said apart.
 */
import type { EngineOptions, NodeRuntimeName } from '../../src/api/local-engine.ts'
import { startTestEngine as startAny, type TestEngineOptions } from './engine.ts'
import { start as startAnyProcess } from './engine-process.ts'
import { SERVERS as INSTALLED } from './redis-node.ts'

const nodeRuntime = (process.env.CACHECTL_TEST_SERVERS ?? 'embedded') as NodeRuntimeName // CI's, or a developer's own

export const isEmbedded = nodeRuntime !== 'server'

/** Those that nodes can be: tests of one that is missing are skipped, and say so. */
export const SERVERS = INSTALLED.map((server) => ({ ...server, isMissing: server.isMissing && !isEmbedded }))

export const startTestEngine = (options: TestEngineOptions = {}) => startAny({ nodeRuntime, ...options })

export const start = (stateDir: string, more: Partial<EngineOptions> = {}) =>
  startAnyProcess(stateDir, { nodeRuntime, ...more })
