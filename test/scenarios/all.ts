import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { judgeEvidence } from '../../src/diagnose/causes/index.ts'
import type { Evidence } from '../../src/diagnose/evidence.ts'
import type { Finding } from '../../src/diagnose/finding.ts'
import { play, type Scenario } from './scenario.ts'
import { buildingOf } from './world.ts'

const run = promisify(execFile)
const FILES = [
  'healthy',
  'dns',
  'resolver',
  'families',
  'service',
  'load',
  'discovery',
  'cluster',
  'api',
  'programs',
  'changes',
  'host',
  'wire',
  'worlds',
  'own-host',
  'names',
  'loss',
  'after-first',
] as const

/** Every scenario of the repository, by file. */
export const scenarios: readonly { readonly file: string; readonly scenarios: readonly Scenario[] }[] = FILES.map(
  (file) => ({
    file,
    scenarios: JSON.parse(readFileSync(new URL(`./${file}.json`, import.meta.url), 'utf8')),
  }),
)

const succeeds = (...[program, ...words]: [string, ...string[]]): boolean => {
  try {
    execFileSync(program, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const HERE = {
  ipv6: Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1')),
  linux: process.platform === 'linux',
  memcached: succeeds('memcached', '--version'),
  nft: succeeds('unshare', '-rn', 'nft', 'list', 'ruleset'),
  tbf: succeeds(
    'unshare',
    '-rn',
    'tc',
    'qdisc',
    'add',
    'dev',
    'lo',
    'root',
    'tbf',
    'rate',
    '1mbit',
    'burst',
    '1600',
    'latency',
    '1s',
  ),
  tun: succeeds('unshare', '-rn', 'ip', 'tuntap', 'add', 'dev', 'tun0', 'mode', 'tun'),
}
/** Everything in it ends with its first process. */
const WORLD = ['-rnmpf', '--mount-proc', '--kill-child']
const canMakeNamespaces = succeeds('unshare', '-rnm', 'sh', '-c', 'ip link set lo up && ip link add v0 type veth')
const canMakeWorlds = succeeds('unshare', ...WORLD, 'sh', '-c', buildingOf({ hosts: { n1: {} } }).join(' && '))

/** Whether this host can play it: some need IPv6, some network namespaces. */
export const isPlayable = ({ needs = [], namespace, world }: Scenario): boolean =>
  needs.every((need) => HERE[need]) &&
  (namespace === undefined || canMakeNamespaces) &&
  (world === undefined || canMakeWorlds)

/** Plays one; those that break routes and devices in namespaces of their own, in a process of their own. */
async function playAnywhere(scenario: Scenario): Promise<Played> {
  const evidence = await (isApart(scenario) ? playInNamespace(scenario) : play(scenario))
  return { evidence, findings: judgeEvidence(evidence) }
}

const isApart = ({ namespace, world }: Scenario): boolean => namespace !== undefined || world !== undefined

async function playInNamespace(scenario: Scenario): Promise<Evidence> {
  const { namespace = [], world } = scenario
  const steps = [...(world ? buildingOf(world) : []), ...namespace, 'exec "$0" "$1" "$2"']
  const words = [
    ...(world ? WORLD : ['-rnm']),
    'sh',
    '-c',
    steps.join(' && '),
    process.execPath,
    await bundledPlayer(),
    JSON.stringify(scenario),
  ]
  const { stdout } = await run('unshare', words, { timeout: PLAYS_AT_MOST_MS })
  return JSON.parse(stdout)
}

const PLAYS_AT_MOST_MS = 120_000

let bundled: Promise<string> | undefined

/** Built once: compiling it anew for each scenario took most of the time of the suite. */
function bundledPlayer(): Promise<string> {
  bundled ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scenario-player-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const outfile = join(folder, 'player.mjs')
    await build({
      entryPoints: [fileURLToPath(new URL('./play-in-namespace.ts', import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.17',
      logLevel: 'error',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    })
    return outfile
  })()
  return bundled
}

/** What the doctor sees of a scenario, and what it says. */
export interface Played {
  readonly evidence: Evidence
  readonly findings: readonly Finding[]
}

/** What is wrong according to the doctor: notes are no complaints. */
export const complaints = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ severity }) => severity !== 'note')

/** What it takes for a scenario to be a hit. */
const isHit = ({ first }: Scenario, findings: readonly Finding[]): boolean =>
  (complaints(findings)[0]?.id ?? null) === first

/** Scenarios that did not come out as expected among the others, and were played again alone. */
export const replayed: string[] = []

/** Most scenarios wait for an answer that never comes: many at once cost little. Those with a process of their own more. */
const AT_ONCE = { here: 5, namespace: 4 }

/** Starts them all, some at a time; each promise settles with what was seen and found, or why it could not be played. */
export function playAll(list: readonly Scenario[]): ReadonlyMap<Scenario, Promise<Played>> {
  const alone = gate(1)
  const gates = { here: gate(AT_ONCE.here), namespace: gate(AT_ONCE.namespace) }
  const first = async (scenario: Scenario): Promise<Played> => {
    // What keeps this process busy would look like a slow network.
    if (canMakeNamespaces) await bundledPlayer()
    return gates[isApart(scenario) ? 'namespace' : 'here'](() => playAnywhere(scenario))
  }
  const firsts = new Map(list.map((scenario) => [scenario, first(scenario)]))
  const all = Promise.allSettled(firsts.values())
  const turn = async (scenario: Scenario, played: Promise<Played>): Promise<Played> => {
    const found = await played
    if (isHit(scenario, found.findings)) return found
    // Actors and doctor share this process: on a busy host one may miss the other. Alone, it counts.
    await all
    replayed.push(scenario.name)
    return alone(() => playAnywhere(scenario))
  }
  const started = new Map(Array.from(firsts, ([scenario, played]) => [scenario, turn(scenario, played)]))
  // A failure is told by whoever awaits it, not as an unhandled rejection before.
  for (const promise of started.values()) promise.catch(() => {})
  return started
}

/** Lets so many through at a time. */
export function gate(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = most
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
