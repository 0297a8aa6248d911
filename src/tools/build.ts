/** Bundles the command line, the engine and the node worker into dist/, then writes help pages and manifest. */
import { copyFileSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { model } from '../api/model.generated.ts'
import { writeHelpPages } from './help-pages.ts'
import { writeManifest } from './manifest.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

// oclif is CommonJS inside an ES module bundle: its require() and __dirname need something to stand on.
const banner = `import { createRequire as __createRequire } from 'node:module'
import { fileURLToPath as __fileURLToPath } from 'node:url'
import { dirname as __pathDirname } from 'node:path'
const require = __createRequire(import.meta.url)
const __filename = __fileURLToPath(import.meta.url)
const __dirname = __pathDirname(__filename)`

export const { version }: { version: string } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))

/**
 * Of src/embed, by what it is called in dist. Types are written by hand: what is generated would tell of every file behind it.
 * TypeScript goes by a name's end whether they are those of an ES module.
 */
const COPIED = {
  'published.d.ts': 'published.d.ts',
  'published.d.cts': 'published.d.ts',
  'published-vitest.d.ts': 'published-vitest.d.ts',
  'index.cjs': 'index.cjs',
}

/**
 * Three bundles: esbuild shares chunks by file, not by what is used of it, so that the engine would load the command
 * line's, and a call to the local engine the whole SDK.
 * Not minified: the gain is within noise, and a stack trace stays readable.
 */
export async function bundle(): Promise<void> {
  await Promise.all([
    bundleEntries(
      { main: 'src/main.ts', 'command-classes': 'src/cli/command-classes.ts', help: 'src/cli/help/help.ts' },
      { plugins: [builtinsByRequire, serversApart] },
    ),
    // In one piece, and without what the codec would load for event streams: ElastiCache has none.
    bundleEntries(
      { 'local-client': 'src/cli/target/local-client.ts' },
      { splitting: false, external: ['@smithy/core/event-streams'], plugins: [builtinsByRequire] },
    ),
    bundleEntries({
      engine: 'src/engine/main.ts',
      'node-worker': 'src/engine/nodes/worker.ts',
      ...SERVERS,
      index: 'src/embed/index.ts',
      vitest: 'src/embed/vitest.ts',
      sweeper: 'src/embed/sweeper.ts',
    }),
  ])
  for (const [name, from] of Object.entries(COPIED)) copyFileSync(`${root}/src/embed/${from}`, `${root}/dist/${name}`)
  writeHelpPages(root, version)
  await writeManifest(root)
}

/** Bundles programs into `dist`, or into another `outdir`. */
export const bundleEntries = (entryPoints: Record<string, string>, { plugins = [], ...more }: BuildOptions = {}) =>
  build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.17',
    mainFields: ['module', 'main'],
    conditions: ['module'],
    banner: { js: banner },
    sourcemap: 'linked',
    external: ['lmdb'],
    define: { CACHECTL_VERSION: JSON.stringify(version) },
    plugins: [modelAsJson, localClientApart, ...plugins],
    logLevel: 'warning',
    ...more,
  })

/**
 * An ES import of a builtin makes Node read each of its exports, lazy ones too: with http that is all of undici (a
 * fifth of a call on Node 24), with fs its promises and streams. require() reads what is used.
 */
const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = require('${path}')` }))
  },
}

const localClientApart: Plugin = {
  name: 'local-client-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/local-client\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './local-client.js', external: true } : undefined,
    )
  },
}

/** Nodes of Redis OSS and Valkey are a megabyte: what the command line runs of them is what the engine runs. */
const SERVERS: Readonly<Record<string, string>> = {
  'server-line': 'src/redis/stand-alone/command-line.ts',
  'server-run': 'src/redis/stand-alone/run.ts',
}

const serversApart: Plugin = {
  name: 'servers-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/redis\/stand-alone\// }, ({ path }) => {
      const [name] = Object.entries(SERVERS).find(([, source]) => source.endsWith(path.replace(/^[./]*/, ''))) ?? []
      return name === undefined ? undefined : { path: `./${name}.js`, external: true }
    })
  },
}

/** V8 reads a hundred kilobytes of JSON in a tenth of the time it takes for the same as an object literal. */
const modelAsJson: Plugin = {
  name: 'model-as-json',
  setup({ onLoad }) {
    onLoad({ filter: /model\.generated\.ts$/ }, () => ({
      contents: `export const model = JSON.parse(${JSON.stringify(JSON.stringify(model))})`,
    }))
  },
}

if (process.argv[1]?.endsWith('tools/build.ts')) await bundle()
