import { existsSync } from 'node:fs'
import { DNS_METHODS, type DnsReport, type DnsSetup } from '../../../api/local-dns.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import { LOCAL_ZONE, NAME_SERVER, NAME_SERVER_ADDRESS } from '../../../api/local-names.ts'
import { lookupPerFamily } from '../../../diagnose/family-lookup.ts'
import { command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { choice, toggle } from '../../flags.ts'
import { confirmFlags, stateDirFlag } from '../../global-flags.ts'
import { METHODS, methodFor, planText } from '../../host-dns/methods.ts'
import {
  forgetSetup,
  leadsTo,
  noteSetup,
  reload,
  removeSetup,
  setupOf,
  withRights,
  writeSetup,
} from '../../host-dns/setup.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import { Problem } from '../../problem.ts'
import { systemFiles } from '../../system-files.ts'
import { control } from '../../target/engine-control.ts'
import { engineOf, type LocalEngine, runningEngine, stateDirOf } from '../../target/state-dir.ts'
import { printLine } from '../../terminal.ts'

/** For getaddrinfo, as programs here ask. */
const LOOKUP_MS = 5_000
const files = () => systemFiles(environment)
/** Files elsewhere are for another system to read. */
const isThisHost = (): boolean => environment.CACHECTL_SYSTEM_ROOT === undefined
const report = (engine: LocalEngine): Promise<DnsReport> => control<DnsReport>(engine, 'POST', CONTROL.dns)

interface Standing {
  readonly zone: string
  readonly server: { readonly address: string; readonly port: number } | null
  readonly names: number
  /** What was enabled, and whether it is in order. */
  readonly setup: (DnsSetup & { readonly inOrder: boolean }) | null
  /** The hosts file that the engine keeps a block of. */
  readonly hosts: DnsReport['hosts']
  /** Whether programs on this host find names of the zone. */
  readonly found: boolean
}

export const engineDnsStatus = command({
  summary: "Tell who answers for names of endpoints, and whether this host's programs find them",
  description: `Names of endpoints end in ${LOCAL_ZONE} when the engine was started with --endpoints dns or hosts. cachectl asks the engine's name server for them by itself; whether other programs of this host find them is tried with getaddrinfo.`,
  flags: stateDirFlag,
  forms: {},
  async run({ flags, print }) {
    await print.answer(await standing(stateDirOf(flags)), standingText)
  },
})

async function standing(stateDir: string): Promise<Standing> {
  const engine = runningEngine(stateDir)
  const told = engine && (await report(engine))
  const port = told?.port ?? undefined
  const setup = setupOf(stateDir)
  const [lookup] = port === undefined ? [] : await lookupPerFamily(NAME_SERVER, LOOKUP_MS)
  return {
    zone: LOCAL_ZONE,
    server: port === undefined ? null : { address: NAME_SERVER_ADDRESS, port },
    names: told?.names ?? 0,
    setup: setup ? { ...setup, inOrder: port !== undefined && leadsTo(setup, port) } : null,
    hosts: told?.hosts ?? null,
    found: (lookup?.addresses.length ?? 0) > 0,
  }
}

function standingText({ server, names, setup, hosts, found }: Standing): string {
  if (!server) {
    const left = setup ? [`${setup.file} may still lead to one; cachectl engine dns disable undoes that.`] : []
    return [`No name server of an engine runs: start one with cachectl engine start --endpoints dns.`, ...left].join(
      '\n',
    )
  }
  const kept =
    hosts &&
    `The engine keeps a block of ${hosts.file}${hosts.trouble === null ? '' : `, and cannot: ${hosts.trouble}`}.`
  const asked = setup && setup.method !== 'hosts' && `${METHODS[setup.method].what} is to ask it, by ${setup.file}.`
  const isOut = setup && !setup.inOrder
  return [
    `${LOCAL_ZONE} is answered on ${server.address} port ${server.port}: ${names} names.`,
    ...(kept ? [kept] : []),
    ...(asked ? [asked] : []),
    ...(isOut ? [`That file is gone, or leads to another port: cachectl engine dns enable writes it anew.`] : []),
    found
      ? 'Programs on this host find these names.'
      : `Programs on this host do not find these names, cachectl apart.${isOut ? '' : ' To change that: cachectl engine dns enable'}`,
  ].join('\n')
}

export const engineDnsEnable = command({
  summary: "Make this host ask the engine's name server for names of endpoints",
  description: `Shows what it would do, and asks. By systemd-resolved, dnsmasq or the resolver of macOS, whichever there is, with a file of its own that leads names under ${LOCAL_ZONE} to the engine and no others, and stays until \`cachectl engine dns disable\`; else by a marked block of the hosts file, which the engine keeps as the names are while it runs, and takes away when it ends. A block that an engine left when it was killed goes with its next start, or with disable.`,
  flags: {
    method: choice(DNS_METHODS, {
      summary: 'how: resolved, dnsmasq, resolver (macOS) or hosts (default: what this host has)',
      helpValue: '<way>',
    }),
    'dry-run': toggle({ summary: 'say what would be done, and end' }),
    ...confirmFlags,
    ...stateDirFlag,
  },
  examples: ['engine dns enable', 'engine dns enable --method hosts --yes'],
  async run({ flags }) {
    const engine = engineOf(flags)
    const { stateDir, dnsPort: port } = engine.info
    if (port === undefined) {
      const hint = 'Start it with names: cachectl engine stop, then cachectl engine start --endpoints dns'
      throw new Problem('general', 'The endpoints of this engine have no names.', hint)
    }
    const method = flags.method ?? methodFor(files(), existsSync, process.platform)
    const setup = { method, file: METHODS[method].file(files()) }
    printLine(
      `To make this host ask for names under ${LOCAL_ZONE} on 127.0.0.1 port ${port}, by ${METHODS[method].what}:`,
    )
    printLine(planText(method, files(), port))
    if (flags['dry-run']) return
    await confirmDestruction(`Change ${setup.file}?`, flags.yes)
    const former = setupOf(stateDir)
    writeSetup(setup, port, withRights('enable', stateDir))
    if (former && former.method !== method) await undo(former, stateDir)
    noteSetup(stateDir, setup)
    await settle(engine, setup)
  },
})

/** The engine does its part; what comes of it is told. */
async function settle(engine: LocalEngine, setup: DnsSetup): Promise<void> {
  const { stateDir } = engine.info
  const { hosts } = await report(engine)
  if (setup.method === 'hosts' && hosts?.trouble) {
    forgetSetup(stateDir)
    await report(engine)
    throw new Problem(
      'general',
      `The engine cannot write ${hosts.file}: ${hosts.trouble}`,
      'Run the engine as a user who may, or choose another --method.',
    )
  }
  const left = reload(setup, isThisHost())
  if (left !== undefined) printLine(`For this to take effect: ${left}`)
  const { found } = await standing(stateDir)
  const isDone = found || left !== undefined || !isThisHost()
  printLine(
    isDone
      ? 'Done. cachectl engine dns disable undoes it.'
      : 'Done, but programs here do not find the names yet: cachectl engine dns status',
  )
}

export const engineDnsDisable = command({
  summary: 'Undo what `engine dns enable` did, or what a killed engine left',
  description:
    'Takes away the file, or the block of the hosts file, and nothing else. Works whether or not the engine runs.',
  flags: {
    yes: toggle({ own: true, summary: 'as of `engine dns enable`; nothing is asked here', helpGroup: 'GLOBAL' }),
    ...stateDirFlag,
  },
  async run({ flags }) {
    const stateDir = stateDirOf(flags)
    const setup = setupOf(stateDir)
    const engine = runningEngine(stateDir)
    const kept = engine && (await report(engine)).hosts
    if (kept && setup?.method !== 'hosts') {
      const hint = 'Start it another way: cachectl engine stop, then cachectl engine start --endpoints dns'
      throw new Problem(
        'general',
        `The engine was started with --endpoints hosts, and keeps its block of ${kept.file}.`,
        hint,
      )
    }
    const block: DnsSetup = { method: 'hosts', file: METHODS.hosts.file(files()) }
    const isUndone = setup ? await undo(setup, stateDir) : removeSetup(block, stateDir, withRights('disable', stateDir))
    printLine(isUndone ? `This host is as it was: ${(setup ?? block).file}` : 'There was nothing to undo.')
  },
})

async function undo(setup: DnsSetup, stateDir: string): Promise<boolean> {
  const wasThere = removeSetup(setup, stateDir, withRights('disable', stateDir))
  forgetSetup(stateDir)
  const engine = runningEngine(stateDir)
  if (engine) await report(engine)
  const left = wasThere ? reload(setup, isThisHost()) : undefined
  if (left !== undefined) printLine(`For this to take effect: ${left}`)
  return wasThere
}
