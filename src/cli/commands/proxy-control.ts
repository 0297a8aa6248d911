import { BaseCommand, word } from '../base-command.ts'
import { type Flags, toggle } from '../flags.ts'
import { relaySummary } from '../output/relay.ts'
import { usageProblem } from '../problem.ts'
import { askRelay, changeWeights, relayAt, runningRelays } from '../relays.ts'
import { forPeople, printLine } from '../terminal.ts'
import { choiceOf, outputOf, stateDirFlag, stateDirOf } from './engine-flags.ts'
import { weightsOf } from './proxy-aim.ts'

const flags: Flags = { ...stateDirFlag, ...outputOf('text (default) or json') }

export class ProxyWeight extends BaseCommand {
  static override summary = 'Shift the clients of a running proxy to other back ends'
  static override description =
    'Weights are shares of new connections: of 80 and 20 every fifth goes to the second. Open connections stay where they are until their clients connect anew; with --cut those of a back end with weight 0 are reset. Exit code 0: the weights are in effect; 252: the proxy refuses them; 255: no proxy runs.'
  static override args = {
    proxy: word('where it listens, [::1]:11311 or 11311; may be left out when one proxy runs', { required: true }),
    weights: word('back ends with their weights: host:port=80', { multiple: true }),
  }
  static override flags = {
    cut: toggle({ summary: 'end the open connections of back ends that get weight 0' }),
    ...flags,
  } as Flags
  static override examples = [
    'proxy weight 11311 10.0.0.5:11211=50 [fd00::5]:11211=50',
    'proxy weight 11311 10.0.0.5:11211=0 --cut',
  ]

  async run(): Promise<void> {
    const { flags: given, words } = this.read()
    const form = choiceOf(given, 'output', ['text', 'json'], 'text')
    const [first = '', ...rest] = words
    const named = !first.includes('=')
    const weights = weightsOf(named ? rest : words)
    if (Object.keys(weights).length === 0) throw usageProblem('the following arguments are required: <weights>...')
    const relay = relayAt(stateDirOf(given), named ? first : undefined)
    const report = await changeWeights(relay, { weights, ...(given.cut === true && { cut: true }) })
    printLine(form === 'json' ? JSON.stringify(report, null, 4) : await relaySummary(forPeople(report)))
  }
}

export class ProxyList extends BaseCommand {
  static override summary = 'The proxies that run, and what they have carried'
  static override description = 'Exit code 0, also when there are none.'
  static override flags = flags
  static override examples = ['proxy list', 'proxy list --output json']

  async run(): Promise<void> {
    const { flags: given } = this.read()
    const form = choiceOf(given, 'output', ['text', 'json'], 'text')
    const running = runningRelays(stateDirOf(given))
    const reports = await Promise.all(
      running.map(async (relay) => ({ pid: relay.pid, startedAt: relay.startedAt, ...(await askRelay(relay)) })),
    )
    if (form === 'json') printLine(JSON.stringify(reports, null, 4))
    else if (reports.length === 0) printLine('No proxy is running.')
    else for (const report of forPeople(reports)) printLine(await relaySummary(report))
  }
}
