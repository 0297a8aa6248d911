import { PAGE_BYTES } from '../store/slab-classes.ts'
import { OPTIONS, type Option } from './options.ts'
import { BadArgument, defaultPlan, MIB, type Plan } from './plan.ts'

const HOT_AND_WARM = 80

/**
 * Reads a command line as memcached's getopt does: letters together (`-vvM`), a value attached (`-p11211`) or behind,
 * long names with `=` or a space. Repeated options add up.
 * @throws BadArgument
 */
export function readCommandLine(argv: readonly string[]): Plan {
  const plan = defaultPlan()
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('--') && word.length > 2) readLong(plan, word, words)
    else if (word.startsWith('-') && word.length > 1) readLetters(plan, word.slice(1), words)
    else throw new BadArgument(`unexpected word: '${word}'`)
  }
  settlePorts(plan)
  refuseContradictions(plan)
  return plan
}

// memcached's own: one port is enough for both, and `-p 0` takes TCP away. Here it is what programs say everywhere for any
// free port, unless UDP is asked for or memcached is to be taken at its word.
function settlePorts(plan: Plan): void {
  const { portSpoken, udpPort, node } = plan
  if (portSpoken === undefined && udpPort !== undefined) plan.port = udpPort
  if (portSpoken !== 0 || (udpPort === undefined && node.configCommand !== false)) return
  plan.tcp = false
  plan.remarks.push('-p 0: no TCP, as with memcached; -p -1 takes any free port')
}

function readLong(plan: Plan, word: string, words: string[]): void {
  const [name = '', ...rest] = word.slice(2).split('=')
  const option = OPTIONS.find(({ long }) => long === name)
  if (option === undefined) throw new BadArgument(`unknown option: --${name}`)
  const attached = rest.length > 0 ? rest.join('=') : undefined
  if (option.value === undefined && attached !== undefined) throw new BadArgument(`--${name} takes no value`)
  option.read(plan, valueFor(option, `--${name}`, attached, words))
}

function readLetters(plan: Plan, letters: string, words: string[]): void {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at)
    const option = OPTIONS.find(({ char }) => char === letter)
    if (option === undefined) throw new BadArgument(`unknown option: -${letter}`)
    const rest = letters.slice(at + 1)
    option.read(plan, valueFor(option, `-${letter}`, rest === '' ? undefined : rest, words))
    if (option.value !== undefined) return
  }
}

function valueFor({ value }: Option, spoken: string, attached: string | undefined, words: string[]): string {
  if (value === undefined) return ''
  const given = attached ?? words.shift()
  if (given === undefined) throw new BadArgument(`${spoken}: ${value} is needed`)
  return given
}

/** memcached's own rules on what goes together. */
function refuseContradictions({ node, secure, reported, listen }: Plan): void {
  const { memoryLimit, maxItemSize = MIB, slabChunkMax, hotLruPercent = 20, warmLruPercent = 40 } = node
  if (maxItemSize > memoryLimit / 2) throw new BadArgument('-I: the largest item may take at most half of the memory')
  if (slabChunkMax !== undefined && (maxItemSize % slabChunkMax !== 0 || PAGE_BYTES % slabChunkMax !== 0)) {
    throw new BadArgument('-o slab_chunk_max: it must divide 1m and the largest item (-I) without remainder')
  }
  if (hotLruPercent + warmLruPercent > HOT_AND_WARM) {
    throw new BadArgument('-o hot_lru_pct, warm_lru_pct: more than 80 percent together')
  }
  if (secure && (reported.chainFile === undefined || reported.keyFile === undefined)) {
    throw new BadArgument('-Z: TLS needs -o ssl_chain_cert=<file>,ssl_key=<file>')
  }
  if (!secure && listen.some((each) => each.startsWith('notls:')))
    throw new BadArgument('-l notls: is for nodes with -Z')
}
