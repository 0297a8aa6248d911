import { expect, test } from 'vitest'
import { countersIn } from '../../src/diagnose/packet-counters.ts'

const IP = 'Ip: InReceives InDelivers ForwDatagrams InDiscards OutRequests OutTransmits\nIp: 90 70 10 2 50 55\n'
const TCP = 'Tcp: ActiveOpens OutRsts\nTcp: 4 3\n'
const MORE = 'TcpExt: ListenOverflows IPReversePathFilter\nTcpExt: 5 6\nIpExt: InOctets\nIpExt: 7\n'

test('what came in and reached neither a protocol nor another host was taken here', () => {
  expect(countersIn(4, IP + TCP, '', MORE, '')?.undelivered).toBe(8)
})

test('what was made or passed on and came to no device was taken here', () => {
  expect(countersIn(4, IP + TCP, '', MORE, '')?.unsent).toBe(5)
})

test('resets, full queues and wrong ways are read beside', () => {
  expect(countersIn(4, IP + TCP, '', MORE, '')).toMatchObject({ resets: 3, overflows: 5, wrongWay: 6 })
})

test('what this host sends itself is read of its loopback device', () => {
  const devices = 'Inter-| Receive\n face |bytes packets\n    lo: 4200 17 0 0\n  eth0: 9 3 0 0\n'
  expect(countersIn(4, IP + TCP, '', MORE, devices)?.looped).toBe(17)
})

test('IPv6 is counted in a file of its own', () => {
  const six = 'Ip6InReceives 9\nIp6InDelivers 9\nIp6OutRequests 8\nIp6OutTransmits 6\n'
  expect(countersIn(6, IP + TCP, six, MORE, '')).toMatchObject({ unsent: 2, sent: 6, received: 9, undelivered: 0 })
})

test('what routers and neighbours say of themselves is no answer', () => {
  const six =
    'Ip6InReceives 9\nIp6OutRequests 8\nIp6OutTransmits 6\nIp6InMcastPkts 4\nIcmp6InNeighborAdvertisements 2\n'
  expect(countersIn(6, IP + TCP, six, MORE, '')).toMatchObject({ received: 3 })
})

test('a kernel that does not count what it sends tells nothing', () => {
  expect(countersIn(4, 'Ip: InReceives OutRequests\nIp: 1 2\n', '', MORE, '')).toBeUndefined()
  expect(countersIn(6, IP, '', MORE, '')).toBeUndefined()
})
