/**
 * Run by getaddrinfo.test.ts as root of namespaces of its own, where /etc/hosts and /etc/gai.conf are files of the folder
 * given. Asks the real getaddrinfo and the evaluator about the same hosts, policies and names; prints where they differ.
 */
import { execFileSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type OrderInput, predictOrder } from '../../src/diagnose/address-order.ts'
import { orderInputHere } from '../../src/diagnose/local-addresses.ts'
import { POOL, randomCandidates, randomFrom, randomHost, randomPolicy } from './random-hosts.ts'

export interface Plan {
  readonly folder: string
  /** One host and one gai.conf, as they are: what a process finds when it starts. */
  readonly given?: {
    readonly commands: readonly string[]
    readonly gaiConf: string
    readonly candidates: readonly string[]
  }
  /** So many hosts, on each so many policies, under each so many names. */
  readonly random?: { readonly seed: number; readonly hosts: number; readonly policies: number; readonly names: number }
}

export interface Outcome {
  readonly cases: number
  readonly differences: readonly unknown[]
}

const { folder, given, random } = JSON.parse(process.argv[2] ?? '') as Plan
const differences: unknown[] = []
let cases = 0

if (given) {
  freshHost(given.commands)
  await compare(given.gaiConf, [given.candidates], () => orderInputHere(given.candidates))
}
if (random) {
  const next = randomFrom(random.seed)
  for (let host = 0; host < random.hosts; host++) {
    freshHost(randomHost(next))
    // Looked at once per host, and again where an answer differs: links get their own addresses a moment after they are up.
    let here = await orderInputHere(POOL)
    const look = async (again: boolean): Promise<OrderInput> => {
      if (again) here = await orderInputHere(POOL)
      return here
    }
    for (let policy = 0; policy < random.policies; policy++) {
      const names = Array.from({ length: random.names }, () => randomCandidates(next))
      // The last line makes glibc look at the file's time of change before each lookup of this process.
      await compare(`${randomPolicy(next)}\nreload yes\n`, names, look)
    }
  }
}
process.stdout.write(JSON.stringify({ cases, differences } satisfies Outcome))

async function compare(
  gaiConf: string,
  names: readonly (readonly string[])[],
  look: (again: boolean) => Promise<OrderInput>,
): Promise<void> {
  const hosts = names.flatMap((candidates, index) => candidates.map((each) => `${each} name${index}.test\n`))
  writeFileSync(join(folder, 'hosts'), hosts.join(''))
  writeFileSync(join(folder, 'gai.conf'), gaiConf)
  utimesSync(join(folder, 'gai.conf'), cases, cases)
  for (const [index, candidates] of names.entries()) {
    cases++
    for (const again of [false, true]) {
      const here = await look(again)
      const answer = await lookup(`name${index}.test`, { all: true, order: 'verbatim', verbatim: true })
      const real = answer.map(({ address }) => address)
      const { order } = predictOrder({ name: '', gaiConf, ...here, candidates })
      if (order.join() === real.join()) break
      if (again) differences.push({ gaiConf, ...here, candidates, predicted: order, real })
    }
  }
}

/** Each host begins with an empty network. */
function freshHost(commands: readonly string[]): void {
  const sweep = [
    'ip link del v0; ip link del b0; ip link set lo down; ip addr flush dev lo; ip -6 addr flush dev lo',
    'ip route flush table main; ip -6 route flush table main',
    'ip route flush type unreachable; ip -6 route flush type unreachable',
    'for each in all default; do echo 0 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done',
  ]
  execFileSync('sh', ['-c', [...sweep, ...commands].join('\n')], { stdio: 'ignore' })
}
