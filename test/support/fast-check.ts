/**
 * fast-check as tests get it: every run draws the same cases, so that a failure is there again the next time. Other cases with
 * any other number: `CACHECTL_SEED=7 npm test`.
 */
import { createRequire } from 'node:module'

// Asked for past the alias that leads here.
const fastCheck: typeof import('fast-check') = createRequire(import.meta.url)('fast-check')

fastCheck.configureGlobal({ seed: Number(process.env.CACHECTL_SEED ?? 2015_02_02) })

export default fastCheck.default
