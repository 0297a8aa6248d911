import { expect, test } from 'vitest'
import { orderAddresses } from '../../src/diagnose/address-order.ts'
import { parseGaiConf } from '../../src/diagnose/gai-conf.ts'
import { runtimeOrders } from '../../src/diagnose/runtimes.ts'

const FIVE = ['::1/128 50', '::/0 40', '2002::/16 30', '::/96 20', '::ffff:0:0/96 10']
  .map((row) => `precedence ${row}\n`)
  .join('')

// Columns measured in one container per runtime; gai.conf with the five defaults and the cluster's network at 100.
test.each([
  ['no gai.conf, global IPv6', '', '2001:db8:1::77', '2001:db8:1::10', [6, 6, 6, 6, 6, 6, 6, 4, 6, 6, 4]],
  [
    'IPv4 preferred in gai.conf',
    `${FIVE}precedence ::ffff:172.31.0.0/112 100\n`,
    '2001:db8:1::77',
    '2001:db8:1::10',
    [4, 4, 4, 4, 6, 6, 4, 4, 4, 6, 4],
  ],
  ['no gai.conf, ULA nodes', '', 'fd00:1::77', 'fd00:1::10', [6, 6, 6, 6, 4, 4, 6, 4, 6, 6, 4]],
])('each runtime takes the family it took when measured: %s', (_, gaiConf, v6, source, families) => {
  const input = {
    candidates: ['172.31.10.77', v6],
    sources: { '172.31.10.77': '172.31.5.10', [v6]: source },
    ifaddrs: [
      { addr: '172.31.5.10', prefixlen: 20, index: 2 },
      { addr: source, prefixlen: 64, index: 2 },
    ],
  }
  const { order } = orderAddresses(input, parseGaiConf(gaiConf))
  expect(runtimeOrders(input, order).map(({ first }) => (first?.includes(':') ? 6 : 4))).toEqual(families)
})
