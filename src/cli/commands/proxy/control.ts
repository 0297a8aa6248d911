import { command } from '../../command.ts'
import { toggle } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { typed } from '../../live/prompt.ts'
import { relaySummary } from '../../output/relay.ts'
import { usageProblem } from '../../problem.ts'
import { askRelay, changeWeights, relayAt, runningRelays } from '../../target/relays.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import { canAsk } from '../../terminal.ts'
import { offering, one, several } from '../../words.ts'
import { weightsOf } from './aim.ts'

export const proxyWeight = command({
  summary: 'Shift the clients of a running proxy to other back ends',
  description:
    'Weights are shares of new connections: of 80 and 20 every fifth goes to the second. Open connections stay where they are until their clients connect anew; with --cut those of a back end with weight 0 are reset. Exit code 0: the weights are in effect; 252: the proxy refuses them; 254: there is no such proxy, or back end.',
  words: {
    proxy: offering(one('where it listens, [::1]:11311 or 11311; may be left out when one proxy runs'), 'proxy'),
    weights: several('back ends with their weights: host:port=80'),
  },
  flags: {
    cut: toggle({ summary: 'end the open connections of back ends that get weight 0' }),
    ...stateDirFlag,
  },
  forms: {},
  examples: ['proxy weight 11311 10.0.0.5:11211=50 [fd00::5]:11211=50', 'proxy weight 11311 10.0.0.5:11211=0 --cut'],
  async run({ words, flags, print }) {
    const named = !words.proxy.includes('=')
    const said = words.weights.length === 0 && named && canAsk() ? await typedWeights() : words.weights
    const weights = weightsOf(named ? said : [words.proxy, ...said])
    if (Object.keys(weights).length === 0) throw usageProblem('the following arguments are required: <weights>...')
    const relay = relayAt(stateDirOf(flags), named ? words.proxy : undefined)
    const report = await changeWeights(relay, { weights, ...(flags.cut && { cut: true }) })
    await print.answer(report, relaySummary)
  },
})

const typedWeights = async (): Promise<readonly string[]> =>
  (await typed('Weights of its back ends, as in 10.0.0.5:11211=80:')).trim().split(/\s+/)

export const proxyList = command({
  summary: 'The proxies that run, and what they have carried',
  description: 'Exit code 0, also when there are none.',
  flags: stateDirFlag,
  forms: {},
  examples: ['proxy list', 'proxy list --output json'],
  async run({ flags, print }) {
    const running = runningRelays(stateDirOf(flags))
    const reports = await Promise.all(
      running.map(async (relay) => ({ pid: relay.pid, startedAt: relay.startedAt, ...(await askRelay(relay)) })),
    )
    await print.answer(reports, (shown, style) =>
      shown.length === 0 ? 'No proxy is running.' : shown.map((each) => relaySummary(each, style)).join('\n'),
    )
  },
})
