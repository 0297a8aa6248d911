import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isNameOf, namesOf } from '../../api/tables.ts'
import { isInstalled } from '../bench/measure.ts'
import { type Engine, SUITES } from './suites.ts'

/** What is asked for. */
export interface Asked {
  readonly engine: Engine
  /** Files; absent: all. */
  readonly only?: readonly string[]
  readonly way?: string
  readonly sources?: string
  readonly server?: string
  readonly isJson: boolean
}

/** Why a command line is none. */
export class Misspoken extends Error {
  override readonly name = 'Misspoken'
}

/** Reads the words behind `npm run conformance --`. @throws Misspoken */
export function readCommandLine(words: readonly string[]): Asked {
  const { values, positionals } = parsed(words)
  const [engine = '', more] = positionals
  if (!isNameOf(SUITES, engine)) throw new Misspoken(`No suite '${engine}'. There are: ${namesOf(SUITES).join(', ')}.`)
  if (more !== undefined) throw new Misspoken(`One suite at a time: what is '${more}'?`)
  const { only, output, server, sources, way } = values
  const ways = SUITES[engine].ways.map(({ name }) => name)
  if (way !== undefined && !ways.includes(way))
    throw new Misspoken(`No way '${way}' of ${engine}. There are: ${ways.join(', ')}.`)
  if (output !== undefined && output !== 'json') throw new Misspoken(`No output '${output}'. There is: json.`)
  if (server !== undefined && !isInstalled(server)) throw new Misspoken(`There is no program '${server}'.`)
  const { mark } = SUITES[engine]
  if (sources !== undefined && !existsSync(join(sources, mark)))
    throw new Misspoken(`No sources of ${engine}: there is no ${mark} in '${sources}'.`)
  return {
    engine,
    ...(only && { only }),
    ...(way !== undefined && { way }),
    ...(sources !== undefined && { sources }),
    ...(server !== undefined && { server }),
    isJson: output === 'json',
  }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true },
        way: { type: 'string' },
        sources: { type: 'string' },
        server: { type: 'string' },
        output: { type: 'string' },
      },
    })
  } catch (error) {
    throw new Misspoken((error as Error).message) // parseArgs throws nothing else
  }
}

/** Which of a suite's files are asked for. @throws Misspoken for one that there is not */
export function filesAsked(files: readonly string[], { engine, only }: Asked): readonly string[] {
  const unknown = only?.find((file) => !files.includes(file))
  if (unknown !== undefined)
    throw new Misspoken(`No file '${unknown}' in the suite of ${engine}. There are: ${[...files].sort().join(', ')}.`)
  return only === undefined ? files : files.filter((file) => only.includes(file))
}
