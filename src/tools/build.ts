/** Bundles the command line, the engine and the node worker into dist/, then writes help pages and manifest. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
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

/** Not minified: the gain is within noise, and a stack trace stays readable. */
export async function bundle(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: {
      main: 'src/main.ts',
      commands: 'src/commands.ts',
      help: 'src/cli/help.ts',
      engine: 'src/engine/main.ts',
      'node-worker': 'src/engine/nodes/worker.ts',
    },
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
    logLevel: 'warning',
  })
  writeHelpPages(root, version)
  await writeManifest(root)
}

if (process.argv[1]?.endsWith('tools/build.ts')) await bundle()
