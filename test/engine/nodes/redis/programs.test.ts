import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installedServer, programFor } from '../../../../src/engine/nodes/redis/programs.ts'
import { temporaryDirectory } from '../../../support/engine.ts'

test('Redis OSS and Valkey have a program each, for all versions of ElastiCache', () => {
  expect(['5.0.6', '7.0.7', '7.1'].map((version) => programFor('redis', version))).toEqual(
    Array(3).fill('redis-server'),
  )
  expect(['7.2.6', '8.0', '9.0'].map((version) => programFor('valkey', version))).toEqual(
    Array(3).fill('valkey-server'),
  )
  expect(programFor('memcached', '1.6.22')).toBeUndefined()
})

test('a program that is not there, or too old, is told of with its package', () => {
  expect(() => installedServer('valkey-server', '/nonexistent')).toThrow(
    'Valkey nodes are run by valkey-server, which is not installed: /nonexistent cannot be run.',
  )
  const old = join(temporaryDirectory(), 'redis-server')
  writeFileSync(old, '#!/bin/sh\necho "Redis server v=6.0.16 sha=0:0 malloc=jemalloc bits=64 build=1"\n')
  chmodSync(old, 0o700)
  expect(() => installedServer('redis-server', old)).toThrow(
    expect.objectContaining({
      message: 'Redis OSS 6.0.16 is installed; nodes need redis-server 7.0 or later.',
      hint: expect.stringContaining('apt-get install redis-server'),
    }),
  )
})
