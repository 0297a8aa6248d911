/** Bundles the command line, the engine and the node worker into dist/, then writes help pages and manifest. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
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

export const version = (JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string }).version

/**
 * Two bundles, because a chunk shared by command line and engine would be loaded by both for the sake of one.
 * Not minified: the gain is within noise, and a stack trace stays readable.
 */
export async function bundle(): Promise<void> {
  await Promise.all([
    bundleEntries({ main: 'src/main.ts', commands: 'src/commands.ts', help: 'src/cli/help.ts' }),
    bundleEntries({ engine: 'src/engine/main.ts', 'node-worker': 'src/engine/nodes/worker.ts' }),
  ])
  writeHelpPages(root, version)
  await writeManifest(root)
}

const bundleEntries = (entryPoints: Record<string, string>) =>
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
    plugins: [modelAsJson],
    logLevel: 'warning',
  })

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
