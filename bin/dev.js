#!/usr/bin/env node
// Builds what has changed and runs it: `npm run dev -- describe-cache-clusters`.
process.argv.splice(2, 0, 'dev')
await import('./bootstrap.js')
