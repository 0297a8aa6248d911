import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ElastiCache } from '@aws-sdk/client-elasticache'
import { launchEngine } from './engine-process.ts'
import { isInstalled, printTable, quietEnvironment, type Sample, timeCommands } from './measure.ts'

const ROUNDS = 15
const cachectl = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** Whole processes: help, version, and a describe against the engine, beside bare node and aws. */
export async function benchStartUp(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-bench-'))
  const empty = join(directory, 'empty.mjs')
  writeFileSync(empty, '')
  const engine = await launchEngine()
  try {
    const { info, credentials, stateDir } = engine
    const client = new ElastiCache({ endpoint: info.url, region: info.region, credentials })
    await client.createCacheCluster({
      CacheClusterId: 'bench',
      Engine: 'memcached',
      CacheNodeType: 'cache.t4g.small',
      NumCacheNodes: 1,
    })
    const describe = ['describe-cache-clusters']
    const samples: Sample[] = [
      { name: 'node empty.mjs', command: [process.execPath, empty] },
      { name: 'cachectl --version', command: [process.execPath, cachectl, '--version'] },
      { name: 'cachectl --help', command: [process.execPath, cachectl, '--help'] },
      {
        name: 'cachectl create-cache-cluster --help',
        command: [process.execPath, cachectl, 'create-cache-cluster', '--help'],
      },
      {
        name: 'cachectl describe-cache-clusters',
        command: [process.execPath, cachectl, ...describe],
        env: quietEnvironment({ CACHECTL_HOME: stateDir }),
      },
    ]
    if (isInstalled('aws')) {
      const env = quietEnvironment({
        AWS_ENDPOINT_URL_ELASTICACHE: info.url,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_DEFAULT_REGION: info.region,
      })
      samples.push({
        name: 'aws elasticache describe-cache-clusters',
        command: ['aws', 'elasticache', ...describe],
        env,
      })
    }
    const timings = timeCommands(samples, ROUNDS)
    const bare = timings[0]
    const aws = timings.find(({ name }) => name.startsWith('aws'))
    printTable(`Start-up, ${ROUNDS} interleaved rounds`, [
      ['', 'min ms', 'median ms', 'x bare node', 'x aws'],
      ...timings.map(({ name, min, median }) => [
        name,
        min.toFixed(0),
        median.toFixed(0),
        (min / (bare?.min ?? min)).toFixed(2),
        aws ? (min / aws.min).toFixed(2) : 'no aws here',
      ]),
    ])
  } finally {
    await engine.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
