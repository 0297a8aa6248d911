/** What has been set up so that this host asks the engine's name server, and doing it and undoing it. */
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DnsSetup } from '../../api/local-dns.ts'
import { engineFiles } from '../../api/local-engine.ts'
import { shell } from '../../api/shell.ts'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import { writeBlock } from '../../net/hosts-block.ts'
import { Problem } from '../problem.ts'
import { MARK, METHODS } from './methods.ts'

/** What this state directory says has been set up; undefined: nothing. */
export function setupOf(stateDir: string): DnsSetup | undefined {
  const { dnsSetup } = engineFiles(stateDir)
  return existsSync(dnsSetup) ? JSON.parse(readFileSync(dnsSetup, 'utf8')) : undefined
}

/** Notes it for the engine, whoever gave the command: its files are its user's. */
export function noteSetup(stateDir: string, setup: DnsSetup): void {
  const { dnsSetup } = engineFiles(stateDir)
  writeFileSync(dnsSetup, `${JSON.stringify(setup)}\n`, { mode: 0o600 })
  const { uid, gid } = statSync(stateDir)
  if (process.getuid?.() === 0) chownSync(dnsSetup, uid, gid)
}

/** Nothing has been set up any more. */
export const forgetSetup = (stateDir: string): void => rmSync(engineFiles(stateDir).dnsSetup, { force: true })

/** Writes the file of a setup. @throws Problem where it may not, or where the file is somebody else's. */
export function writeSetup(setup: DnsSetup, port: number, command: string): void {
  const { text } = METHODS[setup.method]
  if (!text) return
  if (existsSync(setup.file) && !isOurs(setup.file)) {
    throw new Problem(
      'general',
      `${setup.file} is there already, and not of cachectl.`,
      'Move it away, or choose another --method.',
    )
  }
  permitted(setup.file, command, () => {
    mkdirSync(dirname(setup.file), { recursive: true })
    writeFileSync(setup.file, text(port), { mode: 0o644 })
  })
}

/** Takes away what was set up; what is not as cachectl writes it stays. Answers whether there was anything. */
export function removeSetup(setup: DnsSetup, stateDir: string, command: string): boolean {
  if (!existsSync(setup.file)) return false
  if (!METHODS[setup.method].text) return permitted(setup.file, command, () => writeBlock(setup.file, stateDir, []))
  if (!isOurs(setup.file)) return false
  permitted(setup.file, command, () => rmSync(setup.file))
  return true
}

/** Whether the file is there, and leads to the port. */
export function leadsTo({ file, method }: DnsSetup, port: number): boolean {
  const { text } = METHODS[method]
  return !text || (existsSync(file) && readFileSync(file, 'utf8') === text(port))
}

/** Has what answers names for this host read its files anew. Answers what is left to the user; undefined: nothing. */
export function reload({ method }: DnsSetup, isThisHost: boolean): string | undefined {
  const [program, ...args] = METHODS[method].reload ?? []
  if (program === undefined) return undefined
  const line = [program, ...args].join(' ')
  if (!isThisHost) return line
  return spawnSync(program, args, { stdio: 'ignore', timeout: 30_000 }).status === 0 ? undefined : line
}

const isOurs = (file: string): boolean => readFileSync(file, 'utf8').startsWith(MARK)

function permitted<T>(file: string, command: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = errorCode(error)
    const isRefused = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
    throw new Problem(
      'general',
      `${file} cannot be written: ${errorMessage(error)}`,
      isRefused ? `With the rights for it: ${command}` : undefined,
    )
  }
}

/** The same command with the rights of root, and the state directory of this user. */
export const withRights = (action: 'enable' | 'disable', stateDir: string): string =>
  shell`sudo cachectl engine dns ${action} --state-dir ${stateDir}`
