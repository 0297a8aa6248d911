/** Tells which generated files in the repository are not what their generators write now. Exit code 1 if any. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { version } from './build.ts'
import { manDirectory, manPages, packageText, withManPages } from './man.ts'
import { generateModel, modelFile } from './model.ts'

const pages = manPages(version)
const stale = [
  ...(readFileSync(modelFile, 'utf8') === generateModel() ? [] : ['src/api/model.generated.ts']),
  ...(packageText() === withManPages(packageText(), pages.keys()) ? [] : ['package.json']),
  ...[...pages].flatMap(([file, text]) => (isFresh(join(manDirectory, file), text) ? [] : [`man/${file}`])),
]

if (stale.length > 0) {
  process.stderr.write(`Stale, run \`npm run generate\`:\n${stale.map((file) => `  ${file}\n`).join('')}`)
  process.exitCode = 1
}

function isFresh(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text
  } catch {
    return false
  }
}
