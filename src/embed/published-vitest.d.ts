/** For `globalSetup: ['cachectl/vitest']`: one engine for all files of a test run; `inject('cachectl')` tells where it is. */
import type { LocalEngine } from './published.js'

/** What can be told to the processes that run the tests. */
export type ProvidedEngine = Pick<LocalEngine, 'url' | 'region' | 'credentials' | 'clientConfig' | 'env' | 'ca'>

declare module 'vitest' {
  export interface ProvidedContext {
    cachectl: ProvidedEngine
  }
}

export default function setup(project: {
  provide(key: 'cachectl', value: ProvidedEngine): void
}): Promise<() => Promise<void>>
