import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What it may take on disk, dependencies included. */
const MOST_BYTES = 35e6

const folder = mkdtempSync(join(tmpdir(), 'installed-'))
const prefix = join(folder, 'prefix')
const installed = join(folder, 'package')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

// What `npm install -g <tarball>` does, without a registry: the tarball, what its package.json says it depends on, and npm's own
// links.
beforeAll(() => {
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root))
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder])
  for (const name of dependencies()) {
    mkdirSync(join(installed, 'node_modules', name, '..'), { recursive: true })
    cpSync(join(root, 'node_modules', name), join(installed, 'node_modules', name), { recursive: true })
  }
  npm(['install', '-g', '--offline', '--prefix', prefix, installed], folder)
}, 120_000)

describe.skipIf(process.platform === 'win32')('the package, installed in an empty prefix', () => {
  test('gives cachectl', () => {
    expect(cachectl('--version').stdout).toMatch(/^cachectl\/\d/)
  })

  test('gives a man page of the program and of each command', () => {
    const pages = join(prefix, 'share', 'man', 'man1')
    expect(readdirSync(pages).sort()).toEqual(readdirSync(join(root, 'man')).sort())
  })

  test('carries no source maps, sources or tests', () => {
    const odd = filesIn(installed).filter((path) => /\.map$|^(src|test)\//.test(path))
    expect(odd.filter((path) => !path.startsWith('node_modules/'))).toEqual([])
  })

  test('takes at most 35 MB', () => {
    const bytes = filesIn(installed).reduce((sum, path) => sum + lstatSync(join(installed, path)).size, 0)
    expect(bytes).toBeLessThan(MOST_BYTES)
  })

  test('gives the tour', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = cachectl('quickstart')
    expect(status, `${stdout}\n${stderr}`).toBe(0)
  })
})

test('a clone that is not built says how to', () => {
  const clone = join(folder, 'clone')
  mkdirSync(clone)
  cpSync(join(root, 'bin'), join(clone, 'bin'), { recursive: true })
  cpSync(join(root, 'package.json'), join(clone, 'package.json'))
  const { status, stderr } = spawnSync(process.execPath, [join(clone, 'bin', 'run.js'), 'list'], { encoding: 'utf8' })
  expect(stderr).toBe('cachectl is not built yet. In its clone: npm start\n')
  expect(status).toBe(1)
})

const npm = (words: readonly string[], cwd: string): string => execFileSync('npm', words, { cwd, encoding: 'utf8' })

/** Packages that an installation brings along, in this machine's node_modules: those of the lockfile that are not for developers. */
function dependencies(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const here = new Set(filesIn(join(root, 'node_modules'), 2))
  return Object.entries<{ dev?: boolean; optional?: boolean; devOptional?: boolean }>(packages).flatMap(
    ([path, { dev, devOptional }]) => {
      const name = path.replace('node_modules/', '')
      return path === '' || dev || devOptional || !here.has(name) ? [] : [name]
    },
  )
}

function filesIn(directory: string, depth = Number.POSITIVE_INFINITY, under = ''): string[] {
  return readdirSync(join(directory, under), { withFileTypes: true }).flatMap((entry) => {
    const path = join(under, entry.name)
    if (!entry.isDirectory() || depth === 1) return [path]
    return depth === Number.POSITIVE_INFINITY
      ? filesIn(directory, depth, path)
      : [path, ...filesIn(directory, depth - 1, path)]
  })
}

function cachectl(...words: string[]) {
  const home = join(folder, 'home')
  mkdirSync(home, { recursive: true })
  const env = { PATH: process.env.PATH, HOME: home }
  return spawnSync(process.execPath, [realpathSync(join(prefix, 'bin', 'cachectl')), ...words], {
    encoding: 'utf8',
    env,
  })
}
