#!/usr/bin/env node
// The launcher. Help and version are printed without loading the program; see src/README.md on start-up.
import { readFileSync } from 'node:fs'
import module from 'node:module'

const [first = '', second] = process.argv.slice(2)
const page =
  process.argv.length === 3 && first === '--help'
    ? 'index'
    : process.argv.length === 3 && first === '--version'
      ? 'version'
      : process.argv.length === 4 && second === '--help' && /^[a-z-]+$/.test(first)
        ? first
        : undefined

let text
if (page) {
  try {
    text = readFileSync(new URL(`../dist/help/${page}.txt`, import.meta.url), 'utf8')
  } catch {
    // No such page: the program knows what to say.
  }
}

if (text !== undefined) {
  process.stdout.on('error', () => {})
  process.stdout.write(text)
} else {
  // The SDK announces the end of Node 20 on stderr at every start.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  module.enableCompileCache?.()
  await import('../dist/main.js')
}
