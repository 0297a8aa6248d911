/** Runs in a process of its own, which the report ends when a mutant does not let it answer: one vitest, one test file a question. */
import { createVitest } from 'vitest/node'
import { withSwitches } from './mutants.ts'
import { repository, suspects } from './suspects.ts'
import type { Answer, Question } from './trial.ts'

const [room = ''] = process.argv.slice(2)
const { sources, mutants } = suspects(room)

// Not by the project's own configuration: that builds the bundle first, and runs some files twice.
const vitest = await createVitest(
  'test',
  {
    config: false,
    root: repository,
    include: ['test/**/*.test.ts'],
    watch: false,
    reporters: [{}],
    bail: 1,
    maxWorkers: 1,
    pool: 'threads',
    isolate: false,
    testTimeout: 10_000,
    setupFiles: [new URL('setup.ts', import.meta.url).pathname],
  },
  { plugins: [{ name: 'mutants', enforce: 'pre', transform: (_: string, id: string) => switched(id) }] },
)

process.on('message', async ({ file, trial }: Question) => {
  vitest.provide('trial', trial)
  const [project] = vitest.projects
  const specification = project?.createSpecification(repository + file)
  if (!specification) throw new Error('vitest has no project.')
  const { testModules } = await vitest.runTestSpecifications([specification])
  // vitest also answers with what it knows of files that ran before.
  const own = testModules.filter(({ moduleId }) => moduleId === repository + file)
  const failed = own.flatMap((module) => {
    const names = [...module.children.allTests('failed')].map((test) => test.fullName)
    return names.length > 0 || module.ok() ? names : [`${file}: ${module.errors()[0]?.message ?? 'failed as a whole'}`]
  })
  process.send?.({ failed } satisfies Answer)
})
process.send?.('ready')

function switched(id: string): string | undefined {
  const source = sources.get(id.replace(repository, ''))
  if (source === undefined) return undefined
  const file = id.replace(repository, '')
  const first = mutants.findIndex((mutant) => mutant.file === file)
  return withSwitches(
    source,
    mutants.filter((mutant) => mutant.file === file),
    first,
  )
}
