import { expect, test } from 'vitest'
import { clusterCommands } from '../../../../src/engine/nodes/redis/converge.ts'
import { parseNodes } from '../../../../src/engine/nodes/redis/info.ts'
import type { Member } from '../../../../src/engine/nodes/redis/spec.ts'

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string]
const topology: Member[] = [
  { nodeId: A, port: 1, busPort: 11, shard: '0001', slots: [[0, 99]], primary: true },
  { nodeId: B, port: 2, busPort: 12, shard: '0001', slots: [[0, 99]], primary: false },
]
const PRIMARY = `${A} 127.0.0.1:1@11 master - 0 0 1 connected 0-99`
const said = (nodeId: string, lines: readonly string[], isLinkUp = true, members = topology) =>
  clusterCommands({ topology: members, nodeId, known: parseNodes(lines.join('\n')), ip: '127.0.0.1', isLinkUp }).map(
    (command) => command.join(' '),
  )

test('a node that knows its group and has its role is told nothing', () => {
  expect(
    said(A, [PRIMARY.replace('master', 'myself,master'), `${B} 127.0.0.1:2@12 slave ${A} 0 0 0 connected`]),
  ).toEqual([])
})

test('members are met once, and strangers forgotten', () => {
  const own = PRIMARY.replace('master', 'myself,master')
  expect(said(A, [own, `${C} 127.0.0.1:3@13 master - 0 0 2 connected`])).toEqual([
    'CLUSTER MEET 127.0.0.1 2 12',
    `CLUSTER FORGET ${C}`,
  ])
  expect(said(A, [own, `${C} 127.0.0.1:2@12 handshake - 0 0 0 connected`])).toEqual([])
})

test('a replica takes the place of its primary: by consent while that lives, else by itself', () => {
  const swapped = topology.map((member) => ({ ...member, primary: !member.primary }))
  const lines = [PRIMARY, `${B} 127.0.0.1:2@12 myself,slave ${A} 0 0 0 connected`]
  expect(said(B, lines, true, swapped)).toEqual(['CLUSTER FAILOVER'])
  expect(said(B, lines, false, swapped)).toEqual(['CLUSTER FAILOVER TAKEOVER'])
})

test('a node without slots follows the primary of its shard; one that has some waits until it has lost them', () => {
  expect(said(B, [PRIMARY, `${B} 127.0.0.1:2@12 myself,master - 0 0 0 connected`])).toEqual([`CLUSTER REPLICATE ${A}`])
  expect(said(B, [PRIMARY, `${B} 127.0.0.1:2@12 myself,master - 0 0 0 connected 200-300`])).toEqual([])
})

test('a primary takes the slots of its own that nobody has, and no other', () => {
  const other = `${B} 127.0.0.1:2@12 slave ${A} 0 0 0 connected`
  const known = [`${A} 127.0.0.1:1@11 myself,master - 0 0 1 connected 0-9 20 [30->-${C}]`, other]
  expect(said(A, known)).toEqual(['CLUSTER ADDSLOTSRANGE 10 19 21 99'])
})
