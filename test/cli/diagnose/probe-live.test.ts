import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Lane, laneLines } from '../../../src/cli/commands/diagnose/probe-live.ts'
import { rowsOf } from '../../../src/cli/live/region.ts'
import { ASCII } from '../../../src/cli/output/characters.ts'
import { widthOf } from '../../../src/cli/output/display-width.ts'
import { unmarked } from '../../../src/cli/output/sequences.ts'
import { styleOf } from '../../../src/cli/output/style.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const style = await styleOf(false, 80, new Date(0))
const lane = (lost = 0): Lane => ({ rtts: [0.5, ...Array<undefined>(lost), 0.25], sent: 2 + lost, lost })
const lanes = new Map([
  ['127.0.0.1:11211', lane()],
  ['[2001:db8:1111:2222:3333:4444:5555:6666]:11211', lane(3)],
])

test.each([50, 60, 80, 200])('lines of addresses are no wider than %i columns', (width) => {
  const lines = laneLines(lanes, { width, height: 24 }, style)
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width)
  expect(lines[2]).toContain('3 of 5')
})

test('losses are coloured, and come first where there are more addresses than lines', async () => {
  const coloured = await styleOf(true, 80, new Date(0))
  const lines = laneLines(lanes, { width: 100, height: 2 }, coloured).map(unmarked)
  expect(lines[1]).toMatch(/\x1b\[31m +3 of 5\x1b\[39m.*\x1b\[31mxxx\x1b\[39m/)
  expect(lines[2]).not.toContain('\x1b[31m')
})

test('is of ASCII alone where the terminal has nothing else', () => {
  const lines = laneLines(lanes, { width: 60, height: 9 }, { ...style, characters: ASCII })
  expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/)
})

test('a line that is longer than a terminal that was made narrower takes several of its lines', () => {
  expect(rowsOf(['x'.repeat(79), 'short', ''], 80)).toBe(3)
  expect(rowsOf(['x'.repeat(79), 'short', ''], 40)).toBe(4)
})

test.skipIf(!hasTerminal)('probe --forever tells its keys, and ends at q (needs python3 with pty)', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const where = `127.0.0.1:${(server.address() as { port: number }).port}` // it listens on a port
  const answers = [[' 0 of 2', 'q']] as const
  const { text, code } = await onTerminal(['probe', where, '--forever', '--delay', '100ms'], { answers })
  expect(code).toBe(0)
  expect(text).toContain(`Probing ${where} every 0.1 s. Enter: summary so far, q: quit`)
  expect(text).toMatch(/TCP connection attempts: \d+ \| Successful connections: \d+ \| Failed: 0/)
})
