import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operationNames } from '../../../src/api/model.ts'
import { kebabCase } from '../../../src/api/names.ts'
import { isInstalled, run } from '../../support/programs.ts'
import { bareEnvironment, temporaryHome } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname

describe.skipIf(!isInstalled('bash'))('completion in bash (needs bash)', () => {
  const home = temporaryHome(afterAll)
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-completion-'))
  const script = join(directory, 'cachectl.bash')
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  beforeAll(async () => {
    symlinkSync(launcher, join(directory, 'cachectl'))
    writeFileSync(script, await home.answer('completion', 'bash'))
    await home.answer('engine', 'start', '--port', '0')
    const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '1']
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...node, '--wait')
  })

  const environment = () => ({
    ...bareEnvironment(),
    PATH: `${directory}:${process.env.PATH}`,
    CACHECTL_HOME: home.stateDir,
  })

  /** What is offered for the last word of the line. */
  async function offered(...words: string[]): Promise<string[]> {
    const program = `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cachectl; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = await run('bash', ['-c', program, 'bash', 'cachectl', ...words], { env: environment() })
    expect(stderr).toBe('')
    return stdout.split('\n').filter((word) => word !== '')
  }

  test('is a script that bash accepts', async () => {
    expect(await run('bash', ['-n', script])).toMatchObject({ code: 0, stderr: '' })
  })

  test('completes commands, and the words of commands', async () => {
    expect(await offered('describe-cache-cl')).toEqual(['describe-cache-clusters'])
    expect(await offered('engine', 'st')).toEqual(['start', 'stop', 'status'])
    expect(await offered('--target', 'aws', 'describe-ev')).toEqual(['describe-events'])
    expect(await offered('')).toEqual(expect.arrayContaining(operationNames.map(kebabCase)))
  })

  test('completes options and the values of options', async () => {
    expect(await offered('create-cache-cluster', '--netw')).toEqual(['--network-type'])
    expect(await offered('create-cache-cluster', '--network-type', '')).toEqual(
      expect.arrayContaining(['ipv4', 'ipv6', 'dual_stack']),
    )
    expect(await offered('describe-cache-clusters', '--output', 'j')).toEqual(['json'])
    expect(await offered('list', '--output', 'i')).toEqual(['ids'])
    expect(await offered('discover', 'shop', '--until', 'p')).toEqual(['primary'])
    expect(await offered('engine', 'fault', 'inject', 'bad-certificate', '--how', 'm')).toEqual(['mismatch'])
  })

  test('completes ids of what there is, but not of what is to be made', async () => {
    expect(await offered('delete-cache-cluster', '--cache-cluster-id', 's')).toEqual(['shop'])
    expect(await offered('create-cache-cluster', '--cache-cluster-id', '')).toEqual([])
    expect(await offered('modify-user', '--user-id', '')).toEqual(['default'])
    expect(await offered('create-user-group', '--user-ids', 'd')).toEqual(['default'])
    expect(await offered('kv', 'get', 'shop', 'k', '--user', '')).toEqual(['default'])
    expect(await offered('engine', 'env', '--user', 'd')).toEqual([])
    expect(await offered('users', '--cache', 's')).toEqual(['shop'])
    expect(await offered('create-replication-group', '--engine', 'v')).toEqual(['valkey'])
  })

  test('completes names where a command takes one as a word', async () => {
    expect(await offered('scale', 's')).toEqual(['shop'])
    expect(await offered('users', '')).toEqual(['default'])
    expect(await offered('backup', 'create', '')).toEqual(['shop'])
    expect(await offered('--target', '')).toEqual(['local', 'aws'])
  })

  test('completes each word and option with what it means, and files where a file is meant', async () => {
    writeFileSync(join(home.stateDir, 'bundle.pem'), '')
    await home.answer('engine', 'user', 'create', 'alice')
    expect(await offered('engine', 'fault', 'inject', 'node-')).toEqual(['node-crash', 'node-replacement', 'node-hang'])
    expect(await offered('engine', 'fault', 'inject', 'delay', '--clu')).toEqual(['--cluster'])
    expect(await offered('engine', 'fault', 'inject', 'drop-family', '--how', '')).toEqual(['silent', 'reset'])
    expect(await offered('engine', 'fault', 'inject', 'delay', '--ra')).toEqual([])
    expect(await offered('engine', 'fault', 'inject', 'delay', '--cluster', 's')).toEqual(['shop'])
    expect(await offered('engine', 'quota', 'set', 'nodes-per-reg')).toEqual(['nodes-per-region'])
    expect(await offered('engine', 'user', 'delete', '')).toEqual(['alice'])
    expect(await offered('engine', 'env', '--user', '')).toEqual(['alice'])
    expect(await offered('engine', 'security-group', 'delete', '')).toEqual(['default'])
    expect(await offered('doctor', '--only', 'R0')).toContain('R05')
    expect(await offered('create-cache-cluster', '--cache-node-type', 'cache.t4g.s')).toEqual(['cache.t4g.small'])
    expect(await offered('list', '--ca-bundle', join(home.stateDir, 'bund'))).toEqual([
      join(home.stateDir, 'bundle.pem'),
    ])
    expect(await offered('gai', 'lint', join(home.stateDir, 'bund'))).toEqual([join(home.stateDir, 'bundle.pem')])
    expect(await offered('kv', 'load', 's')).toEqual(['shop'])
    expect(await offered('kv', 'load', 'shop', join(home.stateDir, 'bund'))).toEqual([
      join(home.stateDir, 'bundle.pem'),
    ])
  })

  test('completes the second word by its own kind, where that depends on the first by what is there of it', async () => {
    await home.answer('engine', 'user', 'create', 'bob')
    const document = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'elasticache:Describe*', Resource: '*' }],
    })
    await home.answer('engine', 'policy', 'put', 'bob', 'look', '--document', document)
    expect(await offered('engine', 'policy', 'get', 'b')).toEqual(['bob'])
    expect(await offered('engine', 'policy', 'get', 'bob', '')).toEqual(['look'])
    expect(await offered('diff', 'default.memcached1.6', 'default.memcached1.5')).toEqual(['default.memcached1.5'])
    expect(await offered('kv', 'get', 'shop', '')).toEqual([])
    expect(await offered('probe', 'localhost:1', 's')).toEqual(['shop'])
  })

  test('completes what is no resource of its own, and nothing in the place of a value of which nothing is known', async () => {
    expect(await offered('tag', 'shop', '')).toEqual(['list', 'add', 'remove'])
    expect(await offered('engine', 'fault', 'inject', 'node-crash', '--cluster', 'shop', '--node', '')).toEqual([
      '0001',
    ])
    expect(await offered('engine', 'fault', 'inject', 'no-aaaa', '--family', '')).toEqual(['ipv4', 'ipv6'])
    expect(await offered('list-tags-for-resource', '--resource-name', '')).toContain(
      'arn:aws:elasticache:us-west-2:000000000000:cluster:shop',
    )
    expect(await offered('engine', 'subnet', 'create', '--zone', '')).toContain('us-west-2a')
    expect(await offered('batch-stop-update-action', '--service-update-name', 'elasticache-m')).not.toEqual([])
    expect(await offered('metrics', 'shop', '--metric', 'GetH')).toEqual(['GetHits'])
    expect(await offered('--region', 'eu-west-1')).toEqual(['eu-west-1'])
    expect(await offered('--profile', '')).toEqual([])
    expect(await offered('kv', 'get', '--timeout', '')).toEqual([])
    expect(await offered('kv', 'get', '--tls', 's')).toEqual(['shop'])
    expect(await offered('--no-cli-pager', 'describe-ev')).toEqual(['describe-events'])
    expect(await offered('help', 'engine', 'sto')).toEqual(['stop'])
  })

  test('completes a serverless cache where any cache does', async () => {
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'cart', '--engine', 'memcached', '--wait')
    for (const command of ['endpoints', 'probe', 'metrics']) expect(await offered(command, 'c')).toEqual(['cart'])
  })

  test.skipIf(!isInstalled('fish'))('does the same in fish (needs fish)', async () => {
    const file = join(directory, 'cachectl.fish')
    writeFileSync(file, await home.answer('completion', 'fish'))
    const lines = {
      'cachectl engine sto': 'stop\tStop the local engine; returns when its process is gone',
      'cachectl create-cache-cluster --network-type d': 'dual_stack',
      'cachectl delete-cache-cluster --cache-cluster-id=s': '--cache-cluster-id=shop',
      'cachectl describe-cache-clusters --output=j': '--output=json',
      'cachectl scale s': 'shop',
      'cachectl engine fault inject node-h': 'node-hang\tconnections are made and nothing is answered',
      'cachectl top --inter': '--interval\tbetween two looks (default 1s)',
      'cachectl kv get shop ': '',
      'cachectl kv get --timeout ': '',
      'cachectl kv get --tls s': 'shop',
      'cachectl tag shop ad': 'add',
      'cachectl help engine sto': 'stop',
      'cachectl diff default.memcached1.6 default.memcached1.5': 'default.memcached1.5',
      'cachectl doctor --only R05': 'R05',
    }
    for (const [line, completed] of Object.entries(lines)) {
      const argv = ['--no-config', '-c', `source ${file}; complete -C '${line}'`]
      expect(await run('fish', argv, { env: environment() })).toEqual({
        code: 0,
        stdout: completed === '' ? '' : `${completed}\n`,
        stderr: '',
      })
    }
  })

  test.skipIf(!isInstalled('zsh') || !hasTerminal)('does the same in zsh at the TAB key (needs zsh)', async () => {
    const file = join(directory, 'cachectl.zsh')
    writeFileSync(file, await home.answer('completion', 'zsh'))
    const { text } = await onTerminal([], {
      program: ['zsh', '-f', '-i'],
      env: { ...environment(), PS1: 'ready> ' },
      answers: [
        ['ready> ', `autoload -Uz compinit; compinit -u -D; source ${file}\r`],
        ['ready> ', `show() { print -r -- "<$BUFFER>" }; zle -N show; bindkey '^X' show; print lo''aded\r`],
        ['loaded\r\n', 'cachectl engine fault inject node-h\t'],
        ['node-hang', '--clus\t'],
        ['cluster', '\x18'],
        ['--cluster >', '\x15cachectl describe-cache-cl\t'],
        ['usters', '--output=j\t'],
        ['json', '--cache-cluster-id s\t'],
        ['shop', '\x18'],
        ['>', '\x15cachectl top --c\t'],
        ['end after so many looks', '\x03'],
        ['ready> ', 'exit\r'],
      ],
    })
    expect(text).toMatch(/--count +-- end after so many looks/)
    expect(text).toContain('<cachectl engine fault inject node-hang --cluster >')
    expect(text).toContain('<cachectl describe-cache-clusters --output=json --cache-cluster-id shop >')
  })

  test.skipIf(!hasTerminal)('works at the TAB key (needs python3 with pty)', async () => {
    const { text } = await onTerminal([], {
      program: ['bash', '--norc', '-i'],
      env: { ...environment(), PS1: 'ready> ' },
      answers: [
        ['ready> ', `source ${script}\r`],
        ['ready> ', 'cachectl delete-cache-cl\t'],
        ['delete-cache-cluster ', '--cache-cluster-i\t'],
        ['--cache-cluster-id ', 's\t'],
        // Ctrl-C throws away what has been typed behind it.
        ['shop ', '\x03'],
        ['ready> ', 'exit\r'],
      ],
    })
    expect(text).toContain('cachectl delete-cache-cluster --cache-cluster-id shop ')
  })
})

test.each(['zsh', 'fish'])('the script of %s is one that it accepts, where it is installed', async (shell) => {
  const home = temporaryHome()
  const script = await home.answer('completion', shell)
  expect(script).toContain('describe-cache-clusters')
  if (!isInstalled(shell)) return
  const file = join(home.stateDir, 'script')
  writeFileSync(file, script)
  expect(await run(shell, ['-n', file])).toMatchObject({ code: 0, stderr: '' })
})

test('completion ids refuses options that name nothing', async () => {
  const home = temporaryHome()
  expect(await home.cachectl('completion', 'ids', 'num-cache-nodes')).toMatchObject({ code: 252 })
})
