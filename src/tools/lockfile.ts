/**
 * `npm run lock`: completes package-lock.json for every platform. npm leaves out optional packages (the native binaries of other
 * systems) that it could not look up, and then refuses to install from the lockfile it has written itself. What is
 * missing is known all the same: the parent names package and version, and the name says for which system it is. What
 * its archive has to be is asked of the registry.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

interface LockedPackage {
  version?: string
  integrity?: string
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const file = new URL('../../package-lock.json', import.meta.url)
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(file, 'utf8'))

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

let added = 0
for (const parent of Object.values(lock.packages)) {
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`
    if (lock.packages[path]) continue
    lock.packages[path] = {
      version: range.replace(/^[\^~]/, ''),
      ...(parent.dev && { dev: true }),
      ...platformOf(name),
    }
    added++
  }
}
const unknown: string[] = []
let completed = 0
for (const [path, locked] of Object.entries(lock.packages)) {
  if (path === '' || locked.integrity !== undefined) continue
  const integrity = await integrityOf(`${path.slice(path.lastIndexOf('node_modules/') + 13)}@${locked.version}`)
  if (integrity === undefined) unknown.push(path)
  else {
    lock.packages[path] = withIntegrity(locked, integrity)
    completed++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`package-lock.json: ${added} packages of other platforms added, ${completed} given an integrity\n`)
if (unknown.length > 0) {
  process.stderr.write(`Without integrity, as the registry does not tell of them: ${unknown.join(', ')}\n`)
  process.exitCode = 1
}

async function integrityOf(spec: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['view', spec, 'dist.integrity'])
    return stdout.trim() || undefined
  } catch {
    return undefined
  }
}

/** Where npm itself puts it: after the version. */
function withIntegrity({ version, ...rest }: LockedPackage, integrity: string): LockedPackage {
  return { ...(version !== undefined && { version }), integrity, ...rest }
}

/** `@scope/tool-linux-x64-musl` -> os, cpu and libc. */
function platformOf(name: string): Pick<LockedPackage, 'optional' | 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.find((system) => words.includes(system))
  const cpu = PROCESSORS.find((processor) => words.includes(processor))
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined
  return {
    optional: true,
    ...(os && { os: [os] }),
    ...(cpu && { cpu: [cpu] }),
    ...(libc && os === 'linux' && { libc: [libc] }),
  }
}
