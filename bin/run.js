#!/usr/bin/env node
// The launcher. Help and version are printed from files, without loading the program: see src/README.md on start-up.
import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'

const words = process.argv.slice(2)
const last = words.pop()
let text
try {
  if (last === '--help' && words.every((word) => /^[a-z]+(-[a-z]+)*$/.test(word))) {
    text = read(words.join('-') || 'index')
  } else if (last === '--version' && words.length === 0) {
    text = `${read('version').trim()} ${process.platform}-${process.arch} node-${process.version}\n`
  }
} catch {
  // No such page: the program knows what to say.
}

// What is longer than the screen is paged, by the program, and set anew for a narrow one.
if (text !== undefined && (!process.stdout.isTTY || fits(text, process.stdout))) {
  process.stdout.on('error', () => {})
  process.stdout.write(text)
} else {
  // The SDK announces the end of Node 20 on stderr at every start.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  // So does Node where variables about colour contradict each other: the one that says nothing here then is taken away.
  if (process.env.NO_COLOR) delete process.env.FORCE_COLOR
  else if (process.env.FORCE_COLOR !== undefined) delete process.env.NODE_DISABLE_COLORS
  module.enableCompileCache?.()
  if (!existsSync(new URL('../dist/main.js', import.meta.url))) {
    process.stderr.write('cachectl is not built yet. In its clone: npm start\n')
    process.exit(1)
  }
  await import('../dist/main.js')
}

function fits(page, { rows, columns }) {
  return page.split('\n').length <= rows && columns >= 80
}

function read(page) {
  return readFileSync(new URL(`../dist/help/${page}.txt`, import.meta.url), 'utf8')
}
