import { describe, expect, test } from 'vitest'
import { localPaths } from '../../src/diagnose/local-paths.ts'

const FILES: Readonly<Record<string, string>> = {
  '/proc/net/route': `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0100010A	0003	0	0	0	00000000	0	0	0
eth0	0000010A	00000000	0001	0	0	0	00FFFFFF	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
`,
  '/proc/net/ipv6_route': `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fd010000000000000000000000000001 00000400 00000001 00000000 00000003 eth0
fd010000000000000000000000000000 40 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001 eth0
`,
  '/proc/net/arp': `IP address       HW type     Flags       HW address            Mask     Device
10.1.0.1         0x1         0x0         00:00:00:00:00:00     *        eth0
`,
}
const read = async (path: string): Promise<string> => FILES[path] ?? ''
const withoutIp = { read, run: async () => '' }

describe('without the program ip', () => {
  test('the way is the longest match of the kernel’s tables, over its gateway', async () => {
    const [path] = await localPaths(['10.2.0.11'], withoutIp)
    expect(path).toMatchObject({ device: 'eth0', gateway: '10.1.0.1', kind: 'device', isDefault: true })
  })

  test('a gateway that ARP asks for in vain is silent', async () => {
    expect((await localPaths(['10.2.0.11'], withoutIp))[0]?.neighbour).toBe('silent')
  })

  test('a bridge of containers is known by its name', async () => {
    const [path] = await localPaths(['172.17.0.9'], withoutIp)
    expect(path).toMatchObject({ device: 'docker0', kind: 'bridge', isDefault: false })
    expect(path?.gateway).toBeUndefined()
  })

  test('IPv6 has a table of its own', async () => {
    const [path] = await localPaths(['fd02::11'], withoutIp)
    expect(path).toMatchObject({ device: 'eth0', gateway: 'fd01:0000:0000:0000:0000:0000:0000:0001' })
  })
})

test('where neither program nor tables are, nothing is told', async () => {
  expect(await localPaths(['10.2.0.11'], { read: async () => '', run: async () => '' })).toEqual([])
})
