// Run by getaddrinfo.test.ts in namespaces of its own, under an /etc/hosts and an /etc/gai.conf made for one case.
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { orderAddresses } from '../../src/diagnose/address-order.ts'
import { parseGaiConf } from '../../src/diagnose/gai-conf.ts'
import { orderInputHere } from '../../src/diagnose/local-addresses.ts'

const candidates = readFileSync('/etc/hosts', 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' ')[0] ?? '')
const input = await orderInputHere(candidates)
const predicted = orderAddresses(input, parseGaiConf(readFileSync('/etc/gai.conf', 'utf8'))).order
const real = (await lookup('node.test', { all: true, verbatim: true })).map(({ address }) => address)
process.stdout.write(JSON.stringify({ predicted, real }))
