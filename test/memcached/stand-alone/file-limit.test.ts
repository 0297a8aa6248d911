import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../../../src/memcached/stand-alone/command-line.ts'
import { heedFileLimit } from '../../../src/memcached/stand-alone/file-limit.ts'

describe('the limit of open files', () => {
  it('lowers the limit of connections, and is named', () => {
    const plan = readCommandLine(['-c', '5000'])
    heedFileLimit(plan, 1024)
    expect(plan.node.maxConnections).toBe(992)
    expect(plan.remarks).toEqual([
      '-c: 992 connections at most instead of 5000: this process may open 1024 files (ulimit -n)',
    ])
  })

  it.each([20_000, undefined])('of %s leaves fewer connections alone', (limit) => {
    const plan = readCommandLine(['-c', '5000'])
    heedFileLimit(plan, limit)
    expect(plan.node.maxConnections).toBe(5000)
    expect(plan.remarks).toEqual([])
  })
})
