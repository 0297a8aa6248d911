import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { residentBytes } from './engine-process.ts'
import { printTable } from './measure.ts'
import { launchServer, type MeasuredServer, memcachedVersion } from './node-servers.ts'

const MIB = 2 ** 20
const ITEMS = { whole: 10_000_000, quick: 1_000_000 }
const VALUE = 'x'.repeat(100)
/** The issue's own bar. */
const MOST_TIMES_MEMCACHED = 1.25
const BATCH = 5000

const CHURN_LIMIT = 512 * MIB
const SETS_PER_HOUR = 120_000
const HOURS = { whole: 7 * 24, quick: 12 }
const STEPS_PER_HOUR = 12
const MOST_OVER_LIMIT = 0.1

/** What a node's items cost beside memcached's, and what it takes in a week of changing loads. */
export async function benchNodeMemory(quick: boolean): Promise<void> {
  const kind = quick ? 'quick' : 'whole'
  await compareItems(ITEMS[kind])
  await churn(HOURS[kind])
}

async function compareItems(count: number): Promise<void> {
  const version = memcachedVersion()
  if (version === undefined) {
    console.log('\nItem memory: no memcached here to compare with (Debian: memcached)')
    return
  }
  const ours = await residentWith('ours', count)
  const theirs = await residentWith('memcached', count)
  const ratio = ours.full / theirs.full
  printTable(`Memory of ${count.toLocaleString('en')} items of 100 bytes, beside memcached ${version}`, [
    ['', 'empty', 'full', 'per item', 'counted (STAT bytes)'],
    ['node', ...columns(ours, count)],
    ['memcached', ...columns(theirs, count)],
  ])
  console.log(`  ratio ${ratio.toFixed(2)}, at most ${MOST_TIMES_MEMCACHED}${verdict(ratio <= MOST_TIMES_MEMCACHED)}`)
}

interface Residence {
  readonly empty: number
  readonly full: number
  readonly counted: number
}

const columns = ({ empty, full, counted }: Residence, count: number): string[] => [
  mebibytes(empty),
  mebibytes(full),
  `${((full - empty) / count).toFixed(0)} B`,
  mebibytes(counted),
]

async function residentWith(program: 'ours' | 'memcached', count: number): Promise<Residence> {
  const server = await launchServer(program, false, ['-m', '8192'])
  try {
    const empty = residentBytes(server.pid)
    const client = await Client.of(server)
    for (let first = 0; first < count; first += BATCH) {
      let batch = ''
      for (let i = first; i < Math.min(first + BATCH, count); i++) batch += set(`key:${i}`, 0, VALUE)
      await client.send(batch)
    }
    const stats = await client.statistics()
    if (stats.get('curr_items') !== count) throw new Error(`${program} holds ${stats.get('curr_items')} items`)
    const full = residentBytes(server.pid)
    client.end()
    return { empty, full, counted: stats.get('bytes') ?? 0 }
  } finally {
    await server.stop()
  }
}

/**
 * A week in fast motion: sizes around a middle that wanders from sixty bytes to four kilobytes and back, some items that live
 * for seconds, some for hours and some for ever, a tenth deleted. The node's clock is moved with `debugtime`.
 */
async function churn(hours: number): Promise<void> {
  const server = await launchServer('ours', false, ['-m', String(CHURN_LIMIT / MIB), '--debug-time', '--plain'])
  try {
    const empty = residentBytes(server.pid)
    const client = await Client.of(server)
    const random = randomFrom(7)
    const rows = [['hour', 'resident', 'items', 'slab pages', 'pages moved', 'evictions', 'expired']]
    let most = 0
    for (let hour = 0; hour < hours; hour++) {
      const middle = 60 * 64 ** ((1 + Math.sin((hour / 24) * 2 * Math.PI)) / 2)
      for (let step = 0; step < STEPS_PER_HOUR; step++) {
        await client.send(traffic(random, middle, SETS_PER_HOUR / STEPS_PER_HOUR))
        await client.send(`debugtime +${3600 / STEPS_PER_HOUR}\r\n`)
      }
      const stats = await client.statistics()
      const resident = residentBytes(server.pid)
      most = Math.max(most, resident)
      if (hour % 12 === 11) rows.push(churned(hour + 1, resident, stats, await client.statistics('slabs')))
    }
    client.end()
    printTable(
      `Resident size in ${hours} hours of churn, ${((hours * SETS_PER_HOUR) / 1e6).toFixed(1)} million sets, limit ${mebibytes(CHURN_LIMIT)}`,
      rows,
    )
    const bound = CHURN_LIMIT * (1 + MOST_OVER_LIMIT) + empty
    console.log(
      `  most ${mebibytes(most)}, at most ${mebibytes(bound)}: limit + 10 % and an empty node (${mebibytes(empty)})${verdict(most <= bound)}`,
    )
  } finally {
    await server.stop()
  }
}

function traffic(random: () => number, middle: number, sets: number): string {
  const commands: string[] = []
  for (let i = 0; i < sets; i++) {
    const key = `k${Math.floor(random() ** 3 * 3_000_000)}`
    const length = Math.min(900_000, Math.floor(middle * Math.exp((random() + random() + random() - 1.5) * 2)))
    const luck = random()
    const exptime = luck < 0.3 ? 0 : luck < 0.6 ? 1 + Math.floor(random() * 600) : Math.floor(random() * 86_400) + 1
    commands.push(set(key, exptime, FILLING.slice(0, length)))
    if (random() < 0.1) commands.push(`delete k${Math.floor(random() ** 3 * 3_000_000)} noreply\r\n`)
  }
  return commands.join('')
}

const FILLING = 'y'.repeat(900_000)

function churned(hour: number, resident: number, stats: Statistics, slabs: Statistics): string[] {
  const of = (name: string): string => (stats.get(name) ?? 0).toLocaleString('en')
  const pages = mebibytes(slabs.get('total_malloced') ?? 0)
  return [
    String(hour),
    mebibytes(resident),
    of('curr_items'),
    pages,
    of('slabs_moved'),
    of('evictions'),
    of('crawler_reclaimed'),
  ]
}

type Statistics = ReadonlyMap<string, number>

const set = (key: string, exptime: number, value: string): string =>
  `set ${key} 0 ${exptime} ${value.length} noreply\r\n${value}\r\n`

const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`
const verdict = (kept: boolean): string => (kept ? '' : '   MISSED')

/** Writes without waiting for answers, as fast as the server reads. */
class Client {
  readonly #socket: Socket
  #received = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#received = (this.#received + text).slice(-100_000)
    })
  }

  static async of({ ports }: MeasuredServer): Promise<Client> {
    const socket = connect(ports[0] as number, '127.0.0.1') // it listens on one
    await once(socket, 'connect')
    return new Client(socket)
  }

  async send(commands: string): Promise<void> {
    if (!this.#socket.write(commands, 'latin1')) await once(this.#socket, 'drain')
  }

  async statistics(topic = ''): Promise<Statistics> {
    this.#received = ''
    await this.send(`stats ${topic}\r\n`)
    while (!this.#received.endsWith('END\r\n')) await once(this.#socket, 'data')
    return new Map(
      [...this.#received.matchAll(/STAT (\S+) (\S+)\r\n/g)].map(([, name = '', value]) => [name, Number(value)]),
    )
  }

  end(): void {
    this.#socket.destroy()
  }
}

/** The same numbers in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
