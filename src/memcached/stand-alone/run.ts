/** Starts the node of a command line, and ends it: files, signals and words of a process of its own. */
import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { errorMessage } from '../../api/thrown.ts'
import type { ListenAddress, UnixAddress } from '../../net/serve/listener.ts'
import { collectUnaided, keepYoungSpaceSmall } from '../../net/serve/node-insides.ts'
import { stayAlive } from '../clock.ts'
import type { Login, NodeTls } from '../options.ts'
import { CacheNode } from '../server.ts'
import { DebugClock } from './debug-clock.ts'
import { type Interface, interfacesOf } from './interfaces.ts'
import { BadArgument, type Plan } from './plan.ts'

export interface RunningNode {
  readonly addresses: readonly ListenAddress[]
  readonly udpAddresses: readonly ListenAddress[]
  readonly sockets: readonly UnixAddress[]
  /** Ends the node, and takes its pid file away. */
  close(): Promise<void>
}

/** Where memcached's test suites let it write the ports it got. */
const PORT_FILE = 'MEMCACHED_PORT_FILENAME'
/** Where they let it believe that it has taken so many bytes already. */
const INITIAL_MALLOC = 'T_MEMD_INITIAL_MALLOC'

/**
 * @param environment Of the process: MEMCACHED_PORT_FILENAME and T_MEMD_INITIAL_MALLOC, as memcached has them.
 * @param end Called when a client asks for `shutdown`, with `-A`.
 * @throws BadArgument, or the ErrnoException of an address that can't be listened on.
 */
export async function runNode(
  plan: Plan,
  environment: Readonly<Record<string, string | undefined>>,
  end: () => void,
): Promise<RunningNode> {
  const { socketPath: path, socketMode: mode } = plan
  const interfaces = path === undefined ? await interfacesOf(plan) : []
  const tls = plan.secure ? readCertificates(plan) : undefined
  const clock = plan.mayMoveTime ? new DebugClock() : undefined
  keepYoungSpaceSmall()
  collectUnaided()
  const node: CacheNode = new CacheNode(
    {
      ...plan.node,
      pagesReckoned: Number(environment[INITIAL_MALLOC] ?? 0),
      ...(plan.authFile !== undefined && { login: readLogin(plan.authFile), bindingProtocol: 'ascii' }),
      ...(tls && { tls }),
      operator: {
        ...(plan.mayShutDown && { shutdown: end }),
        ...(clock && { debugTime: (word: string) => clock.obey(word) }),
        refreshCertificates: () => renewed(node, plan),
      },
    },
    clock,
  )
  const udpAddresses: ListenAddress[] = []
  try {
    if (plan.tcp) await listenOn(node, interfaces)
    if (plan.udpPort !== undefined) udpAddresses.push(...(await listenOnUdp(node, interfaces, plan.udpPort)))
    if (path !== undefined) await listenOnSocket(node, { path, mode })
    if (plan.pidFile !== undefined) writeFileSync(plan.pidFile, `${process.pid}\n`)
  } catch (error) {
    await node.close()
    throw error
  }
  const portFile = environment[PORT_FILE]
  if (portFile !== undefined) writeFileSync(portFile, portLines('TCP', node.addresses) + portLines('UDP', udpAddresses))
  const release = stayAlive()
  return {
    addresses: node.addresses,
    udpAddresses,
    sockets: node.sockets,
    async close() {
      release()
      await node.close()
      if (plan.pidFile !== undefined) rmSync(plan.pidFile, { force: true })
    },
  }
}

/** The same port on every address that left it open, so that one number is enough to tell. */
async function listenOn(node: CacheNode, interfaces: readonly Interface[]): Promise<void> {
  let chosen: number | undefined
  for (const { host, port, plain, optional } of interfaces) {
    try {
      const bound = await node.listen({ host, port: port === 0 ? (chosen ?? 0) : port }, { plain })
      if (port === 0) chosen = bound.port
    } catch (error) {
      if (!optional) throw error
    }
  }
}

async function listenOnUdp(node: CacheNode, interfaces: readonly Interface[], port: number): Promise<ListenAddress[]> {
  const bound: ListenAddress[] = []
  for (const host of new Set(interfaces.map((each) => each.host))) {
    const optional = interfaces.every((each) => each.host !== host || each.optional)
    try {
      bound.push(await node.listenUdp({ host, port: port === 0 ? (bound[0]?.port ?? 0) : port }))
    } catch (error) {
      if (!optional) throw error
    }
  }
  return bound
}

/** What a node that was killed left behind is taken away first, as memcached does. */
async function listenOnSocket(node: CacheNode, address: UnixAddress): Promise<void> {
  if (lstatSync(address.path, { throwIfNoEntry: false })?.isSocket()) rmSync(address.path)
  await node.listen(address)
}

const portLines = (transport: 'TCP' | 'UDP', addresses: readonly ListenAddress[]): string =>
  addresses.map(({ host, port }) => `${transport} ${host.includes(':') ? 'INET6' : 'INET'}: ${port}\n`).join('')

function readCertificates({ reported, clientCertificates, minVersion }: Plan): NodeTls {
  const { chainFile, keyFile, authorityFile, ciphers } = reported
  return {
    reported,
    cert: readText(chainFile),
    key: readText(keyFile),
    ...(authorityFile !== undefined && { ca: readText(authorityFile) }),
    ...(ciphers !== undefined && { ciphers }),
    ...(clientCertificates && { clientCertificates }),
    ...(minVersion && { minVersion }),
  }
}

/** Lines of `name:password`; empty ones are left out. */
function readLogin(file: string): Login {
  const lines = readText(file, '-Y').split(/\r?\n/).filter(Boolean)
  const users = lines.map((line) => {
    const colon = line.indexOf(':')
    // The line itself is a secret, and not repeated.
    if (colon < 1) throw new BadArgument(`-Y: ${file}: every line has to be name:password`)
    return Buffer.from(`${line.slice(0, colon)} ${line.slice(colon + 1)}`)
  })
  if (users.length === 0) throw new BadArgument(`-Y: ${file} names no user`)
  return { file, users }
}

function readText(path = '', option = '-Z'): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new BadArgument(`${option}: ${errorMessage(error)}`)
  }
}

/** Certificates that can't be read or used leave the old ones in place. */
function renewed(node: CacheNode, plan: Plan): boolean {
  try {
    node.renewCertificate(readCertificates(plan))
    return true
  } catch {
    return false
  }
}
