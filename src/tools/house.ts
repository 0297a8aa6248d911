/** Tells which imports break the rules of src/README.md, which casts give no reason, and what wants a docstring. Exit code 1 if any does. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bareCasts } from './casts.ts'
import { undocumented } from './docstrings.ts'

/** Text of each source file by its path below `src`, with `/`. */
export type Sources = ReadonlyMap<string, string>

/** One file's import of another. */
export interface Import {
  readonly from: string
  readonly to: string
  /** Gone when the program runs. */
  readonly typeOnly: boolean
  /** `import()`: loaded when its line is reached. */
  readonly late: boolean
}

/** Rooms that must not know of each other, however high they stand: the importing room first. */
export const STRANGERS: readonly (readonly [from: string, to: string])[] = [
  ['cli', 'engine'], // the command line is a client of the engine like any other
  ['cli', 'memcached/store'],
  ['diagnose', 'memcached'],
  ['diagnose', 'engine'],
  ['engine', 'diagnose'],
  ['engine', 'relay'],
]

/** The floors as src/README.md draws them, top first: a line of the block `floors` each, of rooms or single files. */
export function readFloors(readme: string): readonly (readonly string[])[] {
  const [, block] = /^```floors\n([^`]*)^```/m.exec(readme) ?? []
  if (block === undefined) throw new Error('src/README.md has no block of floors')
  const lines = block.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => line.replace(/ {2,}.*/, '').split(' '))
}

const IMPORT =
  /^(?:import|export)\s+(?<type>type\s+)?(?<names>[^'"]*?)from\s+'(?<path>\.[^']+)'|import\('(?<late>\.[^']+)'\)|^import\s+'(?<bare>\.[^']+)'/gm

/** Every import of one source file by another, in the order of the files. */
export function importsOf(sources: Sources): Import[] {
  return [...sources].flatMap(([from, text]) =>
    [...text.matchAll(IMPORT)].flatMap(({ groups = {} }) => {
      const path = groups.path ?? groups.late ?? groups.bare ?? ''
      const to = posix.join(posix.dirname(from), path)
      const typeOnly = groups.type !== undefined || isTypesOnly(groups.names)
      return sources.has(to) ? [{ from, to, typeOnly, late: groups.late !== undefined }] : []
    }),
  )
}

/** `{ type A, type B }`. */
const isTypesOnly = (names = ''): boolean => /^\s*\{(\s*type\s[^,}]*,?)+\s*\}\s*$/.test(names)

/** A star in the name of a room is any one folder. */
function stands(file: string, room: string): boolean {
  if (!room.includes('*')) return file === room || file.startsWith(`${room}/`)
  const names = file.split('/')
  return room.split('/').every((name, index) => name === '*' || name === names[index])
}

/** What breaks the rules, a line each; none: the house stands. Pure. */
export function brokenRules(sources: Sources, floors: readonly (readonly string[])[]): string[] {
  const imports = importsOf(sources)
  return [
    ...homeless(sources, floors),
    ...imports.flatMap((each) => upwards(each, floors)),
    ...imports.flatMap(betweenStrangers),
    ...valueCircles(imports).map((files) => `Files need each other to load: ${files.join(' -> ')}`),
  ]
}

/** The floor of a file counted from the top, and its room: the longest name of those that hold it. */
function placeOf(file: string, floors: readonly (readonly string[])[]): { floor: number; room: string } | undefined {
  const rooms = floors.flatMap((names, floor) => names.map((room) => ({ floor, room })))
  const own = rooms.filter(({ room }) => stands(file, room))
  return own.sort((a, b) => b.room.length - a.room.length)[0]
}

const homeless = (sources: Sources, floors: readonly (readonly string[])[]): string[] =>
  [...sources.keys()]
    .filter((file) => placeOf(file, floors) === undefined)
    .map((file) => `src/README.md has no floor for ${file}`)

function upwards({ from, to }: Import, floors: readonly (readonly string[])[]): string[] {
  const [above, below] = [placeOf(from, floors), placeOf(to, floors)]
  if (!above || !below || above.room === below.room || above.floor < below.floor) return []
  return [`${from} imports ${to}: ${below.room} does not stand below ${above.room}`]
}

const betweenStrangers = ({ from, to }: Import): string[] =>
  STRANGERS.filter(([own, other]) => stands(from, own) && stands(to, other)).map(
    ([own, other]) => `${from} imports ${to}: ${own} is not to know of ${other}`,
  )

/** Circles of files that import each other's values when they load: each once, from its first file round to it again. */
function valueCircles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>()
  for (const { from, to, typeOnly, late } of imports) {
    if (!typeOnly && !late) next.set(from, [...(next.get(from) ?? []), to])
  }
  const circles: string[][] = []
  const done = new Set<string>()
  const walk = (file: string, way: readonly string[]): void => {
    const since = way.indexOf(file)
    if (since >= 0) circles.push([...way.slice(since), file])
    if (since >= 0 || done.has(file)) return
    for (const to of next.get(file) ?? []) walk(to, [...way, file])
    done.add(file)
  }
  for (const file of next.keys()) walk(file, [])
  return circles
}

/** Paths in backquotes of the README that do not exist: what it tells of the house is to be true. */
export function missingPaths(readme: string, exists: (path: string) => boolean): string[] {
  const named = [...readme.matchAll(/`([\w-]+(?:\/[\w.-]+)*(?:\/|\.ts))`/g)].flatMap(([, path = '']) => path)
  return [...new Set(named)]
    .filter((path) => !exists(path))
    .map((path) => `src/README.md names ${path}, which is not there`)
}

/** The casts that give no reason, a line each. Pure. */
export const unreasonedCasts = (sources: Sources): string[] =>
  [...sources].flatMap(([file, text]) =>
    bareCasts(file, text).map((cast) => `${file}:${cast.line}: no comment says why the cast holds: ${cast.text}`),
  )

const SRC = fileURLToPath(new URL('..', import.meta.url))

/** The sources of this house. */
export const readSources = (): Sources =>
  new Map(
    readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => path.endsWith('.ts'))
      .sort()
      .map((path) => [path, readFileSync(join(SRC, path), 'utf8')]),
  )

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  const readme = readFileSync(join(SRC, 'README.md'), 'utf8')
  const floors = readFloors(readme)
  const sources = readSources()
  const broken = [...brokenRules(sources, floors), ...missingPaths(readme, (path) => existsSync(join(SRC, path)))]
  const silent = [...unreasonedCasts(sources), ...undocumented(sources)]
  if (broken.length > 0) {
    const drawing = floors.map((rooms) => `  ${rooms.join(' ')}\n`).join('')
    process.stderr.write(
      `${broken.join('\n')}\n\nThe floors, top first; a room imports only from lower ones:\n${drawing}`,
    )
  }
  if (silent.length > 0) process.stderr.write(`${silent.join('\n')}\n`)
  if (broken.length + silent.length > 0) process.exitCode = 1
}
