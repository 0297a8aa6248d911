/** Engines whose nodes of Redis OSS and Valkey are the servers that are installed: what holds for parts of the engine is said apart. */
import type { EngineOptions, NodeRuntimeName } from '../../src/api/local-engine.ts'
import { startTestEngine as startAny, type TestEngineOptions } from './engine.ts'
import { start as startAnyProcess } from './engine-process.ts'

/** Set to run these tests with nodes that are parts of the engine. */
const nodeRuntime = (process.env.CACHECTL_TEST_SERVERS ?? 'server') as NodeRuntimeName // a developer's own

export const startTestEngine = (options: TestEngineOptions = {}) => startAny({ nodeRuntime, ...options })

export const start = (stateDir: string, more: Partial<EngineOptions> = {}) =>
  startAnyProcess(stateDir, { nodeRuntime, ...more })
