import { startEngine } from './index.ts'
import type setupPublished from './published-vitest.d.ts'

/** vitest's globalSetup: one engine for the run. */
const setup: typeof setupPublished = async (project) => {
  const engine = await startEngine()
  const { url, region, credentials, clientConfig, env, ca } = engine
  project.provide('cachectl', { url, region, credentials, clientConfig, env, ca })
  return () => engine.stop()
}

export default setup
