import { errorMessage } from '../../../api/thrown.ts'
import { OPTIONS } from '../../../memcached/stand-alone/options.ts'
import { endpoint } from '../../../net/target.ts'
import type { Command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { type Flags, text, toggle } from '../../flags.ts'
import { errorFlag } from '../../global-flags.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { readArguments } from '../../parse.ts'
import { Problem, usageProblem } from '../../problem.ts'
import { printLine, tell } from '../../terminal.ts'

const options: Flags = Object.fromEntries(
  OPTIONS.map(({ long, char, value, meaning, hidden = false }) => {
    const wording = { summary: meaning, hidden, ...(char !== undefined && { char }) }
    return [long, value === undefined ? toggle(wording) : text({ ...wording, helpValue: value })]
  }),
)

const ENGINES = ['memcached', 'redis', 'valkey'] as const

const flags: Flags = {
  ...options,
  engine: text({
    summary:
      'which server the node is: memcached (default), redis or valkey; with these two, the path of a configuration file and directives (--maxmemory 1gb) follow, as with the servers',
    helpValue: '<engine>',
  }),
  ...errorFlag,
}

export const nodeRun: Command = {
  id: '',
  args: {},
  summary: 'Run one cache node by itself, with the options of memcached',
  description:
    'A Memcached server without an engine, until Ctrl-C. It speaks text, meta and binary protocol and the config command of ElastiCache. It prints the addresses it listens on, one a line, once it answers. The options are those of memcached, also in its short forms (-vvM, -p11211).',
  flags,
  examples: [
    'node run --listen 127.0.0.1:0',
    'node run -m 1024 -c 4096 -I 2m -o idle_timeout=60',
    'node run --unix-socket /run/user/1000/cache.sock',
    'node run -Z -o ssl_chain_cert=node.pem,ssl_key=node.key',
    "node run --engine valkey --port 6379 --maxmemory 100mb --save ''",
  ],
  run: runAlone,
}

async function runAlone(given: readonly string[]): Promise<void> {
  const { engine, argv } = engineOf(withoutErrorFormat(given))
  if (engine !== 'memcached') {
    const { runServer } = await import('./server-run.ts')
    return runServer(engine, argv).catch((error: unknown) => Promise.reject(explain(error)))
  }
  // Loaded here, so that the help of every command does not load the node.
  const [{ readCommandLine }, { heedFileLimit }, { runNode }, { reportToStarter, startInBackground }] =
    await Promise.all([
      import('../../../memcached/stand-alone/command-line.ts'),
      import('../../../memcached/stand-alone/file-limit.ts'),
      import('../../../memcached/stand-alone/run.ts'),
      import('../../../memcached/stand-alone/background.ts'),
    ])
  try {
    const plan = readCommandLine(argv)
    if (plan.versionOnly) return printLine(`memcached ${plan.node.engineVersion} (cachectl)`)
    heedFileLimit(plan)
    if (!plan.background) for (const remark of plan.remarks) tell(remark)
    if (plan.daemon && !plan.background) {
      for (const line of await startInBackground()) printLine(line)
      return
    }
    // Its socket is open to the users it is meant for from the moment it is there; its files are for this user alone.
    process.umask(0o077)
    await untilInterrupted(async (signal) => {
      const ended = new AbortController()
      const node = await runNode(plan, environment, () => ended.abort())
      const lines = [
        ...node.addresses.map(({ host, port }) => endpoint(host, port)),
        ...node.udpAddresses.map(({ host, port }) => `${endpoint(host, port)} (UDP)`),
        ...node.sockets.map(({ path }) => path),
      ]
      if (plan.background) await reportToStarter({ lines })
      else for (const line of lines) printLine(line)
      await aborted(AbortSignal.any([signal, ended.signal]))
      await node.close()
    }, endLine)
  } catch (error) {
    const explained = explain(error)
    if (argv.includes('--background')) await reportToStarter({ failure: errorMessage(explained) })
    throw explained
  }
}

/** What `--engine` says; the other words are that server's. */
function engineOf(argv: readonly string[]): { engine: (typeof ENGINES)[number]; argv: readonly string[] } {
  const at = argv.findIndex((word) => /^--engine(=|$)/.test(word))
  if (at === -1) return { engine: 'memcached', argv }
  const length = argv[at]?.includes('=') ? 1 : 2
  const said = length === 1 ? argv[at]?.split('=')[1] : argv[at + 1]
  const engine = ENGINES.find((each) => each === said)
  if (engine === undefined)
    throw usageProblem(`--engine: invalid choice: '${said ?? ''}' (choose from: ${ENGINES.join(', ')})`)
  return { engine, argv: argv.toSpliced(at, length) }
}

/** All options are memcached's but one, which dispatch.ts heeds. */
function withoutErrorFormat(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => /^--cli-error-format(=|$)/.test(word))
  if (at === -1) return argv
  const length = argv[at]?.includes('=') ? 1 : 2
  readArguments(argv.slice(at, at + length), errorFlag)
  return argv.toSpliced(at, length)
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** What a bad argument, or a socket that can't listen, tells beside its message. */
interface Told extends NodeJS.ErrnoException {
  readonly hint?: string
  readonly address?: string
  readonly port?: number
}

function explain(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code, address, port, hint }: Told = error
  if (error.name === 'BadArgument') return usageProblem(error.message, hint)
  if (error.name === 'BadRdb') return new Problem('general', error.message, 'Another file: --dbfilename <name>.')
  if (code !== 'EADDRINUSE' || address === undefined) return error
  return new Problem(
    'general',
    `Something listens on ${endpoint(address, port ?? 0)} already.`,
    'Another port: --port <port>; of memcached, -p 0 takes a free one, of the others --port -1.',
  )
}
