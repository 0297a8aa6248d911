import { expect, test } from 'vitest'
import { factsOf } from '../../src/redis/commands/command.ts'
import { ROWS } from '../../src/redis/commands/table.ts'
import { missing } from './support/missing.ts'

const names = new Set(ROWS.map(({ name }) => name))
const all = [...factsOf({ engine: 'valkey', version: '8.0.1' }).keys()]

test('every command of the servers has a row, but for those known to be missing', () => {
  expect(all.filter((name) => !names.has(name) && !missing.has(name))).toEqual([])
})

test('no command is said to be missing that is there, or that no server has', () => {
  expect([...missing].filter((name) => names.has(name) || !all.includes(name))).toEqual([])
})

test('no row is of a command that no server has, and none is there twice', () => {
  expect(ROWS.map(({ name }) => name).filter((name) => !all.includes(name))).toEqual([])
  expect(names.size).toBe(ROWS.length)
})
