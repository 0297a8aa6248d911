import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Tests wait for sockets and processes more than they compute: vitest's own default leaves one core of two idle.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      { extends: true, test: { name: 'all' } },
      {
        extends: true,
        test: {
          // Cache nodes where nothing of Node's insides may be used: the conversations in which sockets matter.
          name: 'documented',
          env: { CACHECTL_NODE_INSIDES: 'off' },
          include: [
            'auto-discovery',
            'differential-text',
            'framing',
            'give-way',
            'hostile-clients',
            'listeners',
            'login',
            'node-insides',
            'replies',
            'tls-sessions',
            'watch',
          ].map((file) => `test/memcached/${file}.test.ts`),
        },
      },
    ],
  },
})
