import { describe, expect, test } from 'vitest'
import { closedPort, openPort } from '../../diagnose/loopback.ts'
import { cachectl } from './run.ts'

describe('probe', () => {
  test('in nping’s words says what nping says', async () => {
    const port = await openPort()
    const { code, stdout } = await cachectl([
      'probe',
      `127.0.0.1:${port}`,
      '-c',
      '2',
      '--delay',
      '5ms',
      '--output',
      'nping',
    ])
    const lines = stdout.split('\n')
    expect(code).toBe(0)
    expect(lines[0]).toBe('')
    expect(lines[1]).toMatch(
      /^Starting Nping 0\.7\.93 \( https:\/\/nmap\.org\/nping \) at \d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
    )
    expect(lines[2]).toMatch(/^SENT \(0\.\d{4}s\) Starting TCP Handshake > 127\.0\.0\.1:\d+$/)
    expect(lines[3]).toMatch(/^RCVD \(0\.\d{4}s\) Handshake with 127\.0\.0\.1:\d+ completed$/)
    expect(lines.slice(-5)).toEqual([
      ' ',
      expect.stringMatching(/^Max rtt: \d+\.\d{3}ms \| Min rtt: \d+\.\d{3}ms \| Avg rtt: \d+\.\d{3}ms$/),
      'TCP connection attempts: 2 | Successful connections: 2 | Failed: 0 (0.00%)',
      expect.stringMatching(/^Nping done: 1 IP address pinged in \d+\.\d\d seconds$/),
      '',
    ])
  })

  test('refusals too, and the exit code tells', async () => {
    const port = await closedPort()
    const { code, stdout } = await cachectl(['probe', '127.0.0.1', '-p', String(port), '-c', '1', '--output', 'nping'])
    expect(code).toBe(2)
    expect(stdout).toContain(`Possible TCP RST received from 127.0.0.1:${port} --> Connection refused`)
    expect(stdout).toContain('Max rtt: N/A | Min rtt: N/A | Avg rtt: N/A')
  })

  test('with --output json holds every attempt, and --rate sets the pace over all of them', async () => {
    const port = await openPort()
    const args = ['probe', `127.0.0.1:${port}`, '-c', '3', '--rate', '200', '--output', 'json']
    const { attempts } = JSON.parse((await cachectl(args)).stdout)
    expect(attempts.map(({ sequence, outcome }: { sequence: number; outcome: string }) => [sequence, outcome])).toEqual(
      [
        [1, 'connected'],
        [2, 'connected'],
        [3, 'connected'],
      ],
    )
    expect(attempts[2].atMs).toBeLessThan(1000)
  })

  test('with --output events prints one line of JSON per event', async () => {
    const port = await openPort()
    const { stdout } = await cachectl(['probe', `127.0.0.1:${port}`, '-c', '1', '--output', 'events'])
    const types = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    expect(types).toEqual(['floor', 'resolved', 'attempt'])
  })

  test('from a source address uses that address, and only its family', async () => {
    const port = await openPort()
    const args = ['probe', `127.0.0.1:${port}`, '-c', '1', '--source', '127.0.0.2', '--output', 'json']
    const { attempts } = JSON.parse((await cachectl(args)).stdout)
    if (process.platform === 'linux') expect(attempts[0].localAddress).toBe('127.0.0.2')
  })

  test.each([
    [['10.0.0.0/8'], 'more than 4096'],
    [['127.0.0.1', '--rate', '0'], 'invalid number'],
    [['127.0.0.1', '--source', 'eth0'], 'not an IP address'],
  ])('%j is a mistake of usage', async (args, told) => {
    const { code, stderr } = await cachectl(['probe', ...args])
    expect([code, stderr]).toEqual([252, expect.stringContaining(told)])
  })
})
