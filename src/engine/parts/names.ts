import { existsSync, readFileSync } from 'node:fs'
import type { DnsReport, DnsSetup } from '../../api/local-dns.ts'
import { DEFAULT_DNS_PORT } from '../../api/local-engine.ts'
import { LOCAL_ZONE, NAME_SERVER, NAME_SERVER_ADDRESS } from '../../api/local-names.ts'
import { errorMessage } from '../../api/thrown.ts'
import { writeBlock } from '../../net/hosts-block.ts'
import { bookOf, type NameBook } from '../names/book.ts'
import { HostsKeeper } from '../names/hosts-keeper.ts'
import type { NameServerOptions } from '../names/name-server.ts'
import { hostNames, isAnyNamed } from '../workloads/all.ts'
import type { Nodes } from './nodes.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

export interface Names {
  /** Of the name server; undefined: no endpoint has a name. */
  readonly dnsPort: number | undefined
  /** Looks anew at what the host is to be told. */
  refresh(): DnsReport
}

/** The name server of the engine's zone, and its block of the hosts file where there is leave for that. */
export async function openNames({ store, files }: State, nodes: Nodes, start: Start): Promise<Names> {
  const { endpointModes, addresses } = nodes
  const { log, opened, stateDir, hostsFile, port } = start
  let known: NameBook | undefined
  let keeper: HostsKeeper | undefined
  const book = () => (known ??= bookOf([{ name: NAME_SERVER, addresses: [NAME_SERVER_ADDRESS] }, ...named()]))
  // A hosts file knows of no aliases, and nothing else is told beside it.
  const named = () =>
    hostNames(store).map(({ alias, ...entry }) => (alias === undefined || keeper ? entry : { ...entry, alias }))
  const hasNames = endpointModes.mode !== 'ports' || isAnyNamed(store)
  const ports = portsFor(start.dnsPort, endpointModes.dnsPort, port)
  const dnsPort = hasNames ? await answer({ addresses, book }, ports, opened) : undefined
  if (dnsPort !== undefined) {
    endpointModes.dnsPort = dnsPort
    log(`names of ${LOCAL_ZONE} are answered on 127.0.0.1 port ${dnsPort}`)
  }
  store.onChange(() => {
    known = undefined
    keeper?.follow()
  })
  const refresh = (): DnsReport => {
    const setup = setupIn(files.dnsSetup)
    const file = endpointModes.mode === 'hosts' ? hostsFile : setup?.method === 'hosts' ? setup.file : undefined
    // With a hosts file names are told without aliases.
    known = undefined
    if (file === undefined || !hasNames) {
      keeper?.close()
      keeper = undefined
    } else {
      keeper ??= new HostsKeeper({ path: file, owner: stateDir, book, log })
      keeper.write()
    }
    return {
      zone: LOCAL_ZONE,
      port: dnsPort ?? null,
      names: book().size - 1,
      hosts: keeper && file !== undefined ? { file, trouble: keeper.trouble ?? null } : null,
    }
  }
  opened.add(() => keeper?.close())
  // One that was killed could not take its lines away.
  if (endpointModes.mode !== 'hosts' && setupIn(files.dnsSetup)?.method !== 'hosts') forgetBlock(hostsFile, stateDir)
  refresh()
  return { dnsPort, refresh }
}

/** Answers for names until the end, on which port it tells. What reads questions is loaded here: most engines have no names. */
async function answer(options: NameServerOptions, ports: readonly number[], opened: Start['opened']): Promise<number> {
  const { NameServer } = await import('../names/name-server.ts')
  const server = new NameServer(options)
  opened.add(() => server.close())
  await server.listen(ports)
  return server.port
}

/** The one asked for, or else the one of the last time, which hosts may have been told, the usual one, any. An engine on any port takes any. */
function portsFor(asked: number | undefined, last: number | undefined, apiPort: number): readonly number[] {
  if (asked !== undefined) return [asked]
  return [...(last === undefined ? [] : [last]), ...(apiPort === 0 ? [] : [DEFAULT_DNS_PORT]), 0]
}

function forgetBlock(hostsFile: string | undefined, owner: string): void {
  if (hostsFile === undefined) return
  try {
    writeBlock(hostsFile, owner, [])
  } catch {
    // It is not ours to write, so that there is no block of ours either, or one that `engine dns status` tells of.
  }
}

function setupIn(file: string): DnsSetup | undefined {
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} cannot be read: ${errorMessage(error)}`)
  }
}
