// `npm start`, `npm test` and `npm pack` in a fresh clone: installs what is missing, builds what is stale, then does what it is
// asked. Plain JavaScript without dependencies, because it runs before there are any.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (...path) => join(root, ...path)
const [task, ...rest] = process.argv.slice(2)

const TASKS = {
  start: () => run([at('bin', 'run.js'), ...(rest.length > 0 ? rest : ['quickstart'])]),
  test: () => run([bin('vitest', 'vitest.mjs'), 'run', '--config', 'test/vitest.config.ts', ...rest], withoutExtraCa()),
  dev: () => run([at('bin', 'run.js'), ...rest]),
  build: () => 0,
}

refuseOldNode()
install()
build()
process.exit(TASKS[task]?.() ?? fail(`bootstrap.js knows: ${Object.keys(TASKS).join(', ')}`))

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 17)) return
  fail(`cachectl needs Node 20.17 or newer; this is ${process.version}.`)
}

/** The stamp says which package-lock.json the installed packages are of. */
function install() {
  const stamp = at('node_modules', '.cachectl-lock')
  const wanted = createHash('sha256')
    .update(readFileSync(at('package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  if (!installedByHand()) {
    say('Installing dependencies (npm ci) ...')
    const npm = process.env.npm_execpath
    const status = npm?.endsWith('.js')
      ? run([npm, 'ci', '--no-fund', '--no-audit', '--loglevel=error'])
      : runProgram(process.platform === 'win32' ? 'npm.cmd' : 'npm', [
          'ci',
          '--no-fund',
          '--no-audit',
          '--loglevel=error',
        ])
    if (status !== 0) fail('npm ci failed; its own words are above.')
  }
  writeFileSync(stamp, wanted)
}

// npm leaves a copy of the lockfile behind; a newer one than ours means that somebody has run `npm ci` already.
function installedByHand() {
  const copy = at('node_modules', '.package-lock.json')
  return existsSync(copy) && statSync(copy).mtimeMs >= statSync(at('package-lock.json')).mtimeMs
}

function build() {
  const stamp = at('dist', '.built')
  const newest = Math.max(newestIn(at('src')), ...['package.json', 'package-lock.json'].map((file) => mtime(at(file))))
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newest) return
  say('Building ...')
  rmSync(at('dist'), { recursive: true, force: true })
  const status = run([bin('tsx', 'dist', 'cli.mjs'), at('src', 'tools', 'build.ts')])
  if (status !== 0) fail('The build failed; its own words are above.')
  writeFileSync(stamp, '')
}

function newestIn(directory) {
  return Math.max(
    mtime(directory),
    ...readdirSync(directory, { withFileTypes: true }).map((entry) => {
      const path = join(directory, entry.name)
      return entry.isDirectory() ? newestIn(path) : mtime(path)
    }),
  )
}

function mtime(path) {
  return statSync(path).mtimeMs
}

function bin(name, ...path) {
  return at('node_modules', name, ...path)
}

// Node reads this file at every start, which more than doubles the time of each of the suite's many processes.
function withoutExtraCa() {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  return env
}

function run(argv, env = process.env) {
  return runProgram(process.execPath, argv, env)
}

function runProgram(program, argv, env = process.env) {
  const shell = program.endsWith('.cmd')
  // The child gets the same Ctrl-C and decides; we only pass its exit code on.
  process.on('SIGINT', () => {})
  const { status, signal, error } = spawnSync(program, argv, { cwd: root, env, stdio: 'inherit', shell })
  if (error) fail(error.message)
  return status ?? (signal === 'SIGINT' ? 130 : 1)
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

function fail(text) {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
