/** Finds functions and classes that other rooms call and that do not say what they promise. */
import { posix } from 'node:path'
import { parseSync } from 'oxc-parser'
import type { Sources } from './house.ts'

const NAMED = /^(?:import|export)\s+(?:type\s+)?\{(?<names>[^}]*)\}\s+from\s+'(?<path>\.[^']+)'/gm

/** A folder of `src`, or of the engine or the command line: `net/`, `engine/store/`; for files beside those, `cli/`. */
const roomOf = (file: string): string => /^(?:(?:engine|cli)\/)?[^/]+\//.exec(file)?.[0] ?? file

/** Each export that another room imports, as `net/clock.ts sleep`. */
function importedElsewhere(sources: Sources): Set<string> {
  const found = new Set<string>()
  for (const [from, text] of sources) {
    for (const { groups = {} } of text.matchAll(NAMED)) {
      const to = posix.join(posix.dirname(from), groups.path ?? '')
      if (roomOf(from) === roomOf(to)) continue
      for (const name of (groups.names ?? '').split(',')) {
        found.add(
          `${to} ${name
            .trim()
            .replace(/^type /, '')
            .replace(/ as .*/, '')}`,
        )
      }
    }
  }
  return found
}

interface Callable {
  readonly name: string
  readonly start: number
}

/**
 * The exported functions and classes of a file, those left out whose type says all: guards (`x is T`), and handlers, which do what
 * the API says of the operation.
 */
function callablesOf(file: string, source: string): { callables: Callable[]; docEnds: readonly number[] } {
  const { program, comments } = parseSync(file, source)
  const callables = program.body.flatMap((node): Callable[] => {
    const declared = node.type === 'ExportNamedDeclaration' ? node.declaration : null
    if (declared?.type === 'ClassDeclaration' && declared.id) return [{ name: declared.id.name, start: node.start }]
    const isFunction = declared?.type === 'FunctionDeclaration' || declared?.type === 'TSDeclareFunction'
    if (isFunction && declared.id) return [{ name: declared.id.name, start: node.start }]
    if (declared?.type !== 'VariableDeclaration') return []
    return declared.declarations.flatMap(({ id, init }) => {
      if (id.type !== 'Identifier' || init?.type !== 'ArrowFunctionExpression') return []
      const isHandler = source.slice(id.start, id.end).includes(': Handler<')
      const isGuard = init.returnType?.typeAnnotation.type === 'TSTypePredicate'
      return isHandler || isGuard ? [] : [{ name: id.name, start: node.start }]
    })
  })
  return { callables, docEnds: comments.filter(({ value }) => value.startsWith('*')).map(({ end }) => end) }
}

/** Functions and classes that another room imports, without a docstring: a line each, as `net/clock.ts: sleep`. Pure. */
export function undocumented(sources: Sources): string[] {
  const imported = importedElsewhere(sources)
  return [...sources].flatMap(([file, text]) => {
    const { callables, docEnds } = callablesOf(file, text)
    // One docstring serves all signatures of a function.
    const told = new Set(callables.filter(({ start }) => hasDoc(text, start, docEnds)).map(({ name }) => name))
    const names = new Set(callables.map(({ name }) => name))
    return [...names]
      .filter((name) => imported.has(`${file} ${name}`) && !told.has(name))
      .map((name) => `${file}: no docstring says what ${name} promises`)
  })
}

/** Whether nothing but comments of single lines stands between a docstring and what it is of. */
const hasDoc = (text: string, start: number, docEnds: readonly number[]): boolean =>
  docEnds.some((end) => end <= start && /^(?:\s|\/\/[^\n]*\n)*$/.test(text.slice(end, start)))
