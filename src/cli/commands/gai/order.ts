import { isIP } from 'node:net'
import {
  type Comparison,
  type OrderScenario,
  orderAddresses,
  type PredictedOrder,
  predictOrder,
} from '../../../diagnose/address-order.ts'
import { parseGaiConf } from '../../../diagnose/gai-conf.ts'
import { orderInputHere } from '../../../diagnose/local-addresses.ts'
import { chooseSources } from '../../../diagnose/source-choice.ts'
import { readText, readTextIfThere } from '../../call/text-input.ts'
import { command } from '../../command.ts'
import { text, texts } from '../../flags.ts'
import { Problem, usageProblem } from '../../problem.ts'
import { forPeople } from '../../terminal.ts'
import { several } from '../../words.ts'
import { fileFlag, fileOf } from './flags.ts'

export const gaiOrder = command({
  summary: 'Sort addresses as glibc does, and say which rule decided',
  description:
    'Evaluates destination address selection of getaddrinfo: gai.conf with all its quirks, the rules as glibc applies them, its own merge sort. With --input: one case or an array of cases {name, gaiConf, candidates, sources, ifaddrs}; nothing of this host is looked at. With addresses: on this host, or from the addresses given with --client.',
  words: {
    addresses: several('IP addresses, in the order the name service gives them'),
  },
  flags: {
    input: text({ summary: 'JSON file with one case or an array of cases; - reads stdin', helpValue: '<path>' }),
    client: texts({ summary: 'addresses of the client, instead of those of this host', helpValue: '<address>...' }),
    ...fileFlag,
  },
  examples: [
    'gai order --input cases.json --output json',
    'gai order 172.31.10.77 2001:db8:1::77 --client 10.20.0.5 2001:db8:2::5 --file gai.conf',
  ],
  forms: {},
  async run({ words: { addresses: candidates }, flags, print }) {
    if (flags.input !== undefined) {
      if (candidates.length > 0) throw usageProblem('--input and addresses exclude each other')
      const input = JSON.parse(readText(flags.input)) as unknown
      const results = (Array.isArray(input) ? input : [input]).map(evaluate)
      const lines = () => forPeople(results).map(describe).join('\n')
      return print.answer(Array.isArray(input) ? results : results[0], lines)
    }
    if (candidates.length === 0) throw usageProblem('the following arguments are required: --input, or <addresses>...')
    const wrong = candidates.find((address) => isIP(address) === 0)
    if (wrong) throw usageProblem(`${wrong} is not an IP address`, 'To look a name up: cachectl gai check <name>')
    const { client: clients } = flags
    const input =
      clients.length > 0
        ? {
            candidates,
            sources: chooseSources(candidates, clients),
            ifaddrs: clients.map((addr) => ({ addr, prefixlen: addr.includes(':') ? 64 : 24, index: 2 })),
          }
        : await orderInputHere(candidates)
    const conf = parseGaiConf(readTextIfThere(fileOf(flags)))
    const result = { name: fileOf(flags), ...orderAddresses(input, conf), ignoredLines: conf.ignoredLines }
    await print.answer(result, describe)
  },
})

function evaluate(scenario: unknown, index: number): PredictedOrder {
  const {
    name = `case ${index + 1}`,
    gaiConf = null,
    candidates,
    sources,
    ifaddrs = [],
  } = scenario as Partial<OrderScenario> // what it needs is checked below
  if (!Array.isArray(candidates) || typeof sources !== 'object') {
    throw new Problem('general', `${name}: a case needs candidates (an array) and sources (an object).`)
  }
  return predictOrder({ name, gaiConf, candidates, sources, ifaddrs })
}

const describe = ({ name, order, comparisons, ignoredLines }: PredictedOrder): string =>
  [
    `${name}: ${order.join(' ')}`,
    ...comparisons.map(comparisonLine),
    ...ignoredLines.map(({ line, text: written, reason }) => `  line ${line} ignored (${reason}): ${written}`),
  ].join('\n')

export const comparisonLine = ({ a, b, rule, winner, reason }: Comparison): string =>
  `  ${winner} before ${winner === a ? b : a}: rule ${rule}, ${reason}`
