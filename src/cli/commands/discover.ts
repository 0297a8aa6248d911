import { type Clock, systemClock } from '../../diagnose/clock.ts'
import { convergenceOf, type Verdict, type Wish } from '../../discovery/compare.ts'
import { type PollOptions, pollCluster, type Round } from '../../discovery/poll.ts'
import { BaseCommand, word } from '../base-command.ts'
import { configurationEndpoint, describeCluster, readPlace, trustFor, usesTls, withClient } from '../clusters.ts'
import { text, toggle } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { changeLines, roundText } from '../output/discovery.ts'
import type { FlagValues } from '../parse.ts'
import { ExitWith, Problem, usageProblem } from '../problem.ts'
import { startProgress } from '../progress.ts'
import { countOf, millisecondsOf } from '../seconds.ts'
import { printLine, tell } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

/** A change passes through the nodes one by one: one good round may be luck. */
const ROUNDS_IN_A_ROW = 2
const DEFAULT_TIMEOUT_MS = 60_000
const NOT_AS_WISHED = 1

export class Discover extends BaseCommand {
  static override summary = 'Ask every node which nodes its cluster has (config get cluster)'
  static override description =
    'Asks the configuration endpoint and each node it lists, and shows version and address family per node. With --until or --expect it asks until all nodes agree on what is wished, or the time is up. Exit code 0: every node answered, all agree, and the wish is met; 1: not so.'
  static override args = { where: word('cluster id, or host:port of any node', { required: true }) }
  static override flags = {
    watch: toggle({ summary: 'go on, and show what changes, until Ctrl-C' }),
    interval: text({ summary: 'between two rounds (default 1s)', helpValue: '<time>' }),
    until: text({ summary: 'wait until every node advertises this family: ipv4 or ipv6', helpValue: '<family>' }),
    expect: text({ summary: 'wait until the list holds this many nodes', helpValue: '<number>' }),
    timeout: text({ summary: 'with --until or --expect: at most so long (default 60s)', helpValue: '<time>' }),
    tls: toggle({ summary: 'speak TLS to host:port (a cluster id knows by itself)' }),
    ...globalFlags,
    ...outputOf('text (default) or json'),
  }
  static override examples = [
    'discover shop',
    'discover shop --until ipv4 --timeout 60',
    'discover localhost:11211 --watch',
  ]

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const wish = wishOf(flags)
    const poll = await seedOf(words[0] as string, flags)
    const rounds = { ...poll, intervalMs: timeOf(flags, 'interval', 1000) }
    const show = form === 'json' ? showJson : showText
    const patient = wish.family !== undefined || wish.expect !== undefined
    const verdict = await untilInterrupted((signal) =>
      flags.watch === true
        ? watch({ ...rounds, signal }, wish, patient, show)
        : patient
          ? waitFor({ ...rounds, signal }, wish, timeOf(flags, 'timeout', DEFAULT_TIMEOUT_MS), show)
          : once({ ...rounds, signal }, show),
    )
    if (!verdict || verdict.converged) return
    tell(`Not as wished: ${verdict.detail}.`)
    throw new ExitWith(NOT_AS_WISHED)
  }
}

type Show = (round: Round, verdict: Verdict, first: boolean) => Promise<void>

async function once(options: PollOptions, show: Show): Promise<Verdict | undefined> {
  for await (const round of pollCluster(options)) {
    const verdict = convergenceOf(round)
    await show(round, verdict, true)
    return verdict
  }
  return undefined
}

async function waitFor(options: PollOptions, wish: Wish, timeoutMs: number, show: Show, clock: Clock = systemClock) {
  const progress = startProgress('asking every node')
  const start = clock.monotonicMs()
  let inARow = 0
  try {
    for await (const round of pollCluster(options)) {
      const verdict = convergenceOf(round, wish)
      inARow = verdict.converged ? inARow + 1 : 0
      if (!verdict.converged) progress.update(verdict.detail)
      const over = clock.monotonicMs() - start >= timeoutMs
      if (inARow < ROUNDS_IN_A_ROW && !over && (verdict.converged || !verdict.final)) continue
      progress.end()
      await show(round, verdict, true)
      return verdict
    }
  } finally {
    progress.end()
  }
  throw new Problem('interrupted', 'Stopped asking.')
}

/** Shows the first round and every one that differs from the one before; ends when a wish is met, or at Ctrl-C. */
async function watch(options: PollOptions, wish: Wish, patient: boolean, show: Show): Promise<Verdict | undefined> {
  let inARow = 0
  let before: string | undefined
  for await (const round of pollCluster(options)) {
    const verdict = convergenceOf(round, wish)
    const seen = JSON.stringify([
      verdict,
      round.perNode.map(({ node, list, failure }) => [node, list?.version, failure?.kind]),
    ])
    if (seen !== before) await show(round, verdict, before === undefined)
    before = seen
    inARow = verdict.converged ? inARow + 1 : 0
    if (patient && (inARow >= ROUNDS_IN_A_ROW || (!verdict.converged && verdict.final))) return verdict
  }
  return undefined
}

const showJson: Show = async (round, verdict) => printLine(JSON.stringify({ ...round, verdict }))

const showText: Show = async (round, verdict, first) => {
  if (!first) for (const line of changeLines(round)) printLine(line)
  printLine(await roundText(round, verdict))
}

async function seedOf(place: string, flags: FlagValues): Promise<Pick<PollOptions, 'seed' | 'tls'>> {
  const read = readPlace(place)
  if ('host' in read) return { seed: read, ...(flags.tls === true && { tls: { verify: false } }) }
  return withClient(flags, async (client) => {
    const cluster = await describeCluster(client, read.cluster)
    const seed = configurationEndpoint(cluster)
    if (!seed) {
      throw new Problem(
        'general',
        `${read.cluster} has no configuration endpoint (it is ${cluster.CacheClusterStatus}).`,
      )
    }
    return { seed, ...(usesTls(cluster) && { tls: trustFor(client, flags) }) }
  })
}

function wishOf(flags: FlagValues): Wish {
  const { until, expect } = flags
  if (until !== undefined && until !== 'ipv4' && until !== 'ipv6') {
    throw usageProblem(`argument --until: invalid choice: '${String(until)}' (choose from: ipv4, ipv6)`)
  }
  return {
    ...(until !== undefined && { family: until }),
    ...(typeof expect === 'string' && { expect: countOf('expect', expect, 1) }),
  }
}

function timeOf(flags: FlagValues, name: string, otherwise: number): number {
  const given = flags[name]
  return typeof given === 'string' ? millisecondsOf(name, given) : otherwise
}
