import type { CacheNodeOptions } from './options.ts'

const KIB = 1024

/**
 * What a node must be started with to behave as a serverless cache does (guide, "Supported Memcached commands"). The guide's
 * list of commands that "configure the engine or reveal internal information" is not exhaustive; what else does so is left out
 * here as well. Auto discovery has no meaning behind a single endpoint, so that `config` is an `ERROR`, as on plain memcached.
 */
export const SERVERLESS = {
  bindingProtocol: 'ascii',
  // The guide says no more than that the binary protocol is not supported; a client that waits for ever learns less.
  binaryEndsConnection: true,
  configCommand: false,
  adminCommands: false,
  plainStatsOnly: true,
  delayedFlushEnabled: false,
  keysLineLimit: 16 * KIB,
  refusedCommands: ['watch', 'verbosity', 'me', 'cache_memlimit', 'refresh_certs', 'shutdown'],
} as const satisfies Partial<CacheNodeOptions>
