/** Engines whose nodes of Redis OSS and Valkey are processes of their own: what is true of no others. */
import type { EngineOptions } from '../../src/api/local-engine.ts'
import { startTestEngine as startAny, type TestEngineOptions } from './engine.ts'
import { start as startAnyProcess } from './engine-process.ts'

const nodeRuntime = 'server'

export const startTestEngine = (options: TestEngineOptions = {}) => startAny({ nodeRuntime, ...options })

export const start = (stateDir: string, more: Partial<EngineOptions> = {}) =>
  startAnyProcess(stateDir, { nodeRuntime, ...more })
