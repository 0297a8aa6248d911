import { END, ERROR, RESET } from '../answers.ts'
import { generalStats } from '../stats.ts'
import type { Verb } from '../verbs.ts'

const stats: Verb = {
  name: 'stats',
  shape: 'words',
  words: [1, Number.POSITIVE_INFINITY],
  run(connection, line) {
    const { core } = connection
    if (line.words === 1) {
      core.replies.text(
        Buffer.from(
          generalStats(core)
            .map(([name, value]) => `STAT ${name} ${value}\r\n`)
            .join(''),
        ),
      )
      core.replies.text(END)
    } else if (line.is(1, 'reset')) {
      core.counters.reset()
      core.replies.text(RESET)
    } else core.replies.text(ERROR)
    return undefined
  },
}

export const statsVerbs: readonly Verb[] = [stats]
