import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { 'fast-check': new URL('support/fast-check.ts', import.meta.url).pathname } },
  test: {
    root: new URL('..', import.meta.url).pathname,
    globalSetup: ['test/support/build.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Tests wait for sockets and processes more than they compute: vitest's own default leaves one core of two idle.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      // A project's files are added to those named outside of it: there are none.
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'] } },
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
            'replies',
            'tls-sessions',
            'watch',
          ]
            .map((file) => `test/memcached/${file}.test.ts`)
            .concat('test/net/serve/*.test.ts'),
        },
      },
    ],
  },
})
