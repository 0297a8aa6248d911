import type { ClusterReport, EngineStatus } from '../../api/local-engine.ts'
import { endpoint } from '../../diagnose/target.ts'
import { BaseCommand } from '../base-command.ts'
import { engineStatus } from '../engine-control.ts'
import { tableText } from '../output/table.ts'
import { ExitWith } from '../problem.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputFlag, stateDirFlag, stateDirOf } from './engine-flags.ts'

const NOT_RUNNING = 3

export class EngineStatusCommand extends BaseCommand {
  static override summary = 'Tell whether the local engine runs, and what it holds'
  static override description = 'Exit code 0: it runs; 3: it does not. --output json tells everything.'
  static override flags = { ...outputFlag, ...stateDirFlag }

  async run(): Promise<void> {
    const { flags } = this.read()
    const json = choiceOf(flags, 'output', ['text', 'json'], 'text') === 'json'
    const stateDir = stateDirOf(flags)
    const status = await engineStatus(stateDir)
    if (status) {
      printLine(json ? JSON.stringify({ running: true, ...status }, null, 4) : await describe(status))
      return
    }
    printLine(json ? JSON.stringify({ running: false, stateDir }, null, 4) : `No engine is running in ${stateDir}.`)
    throw new ExitWith(NOT_RUNNING)
  }
}

async function describe(status: EngineStatus): Promise<string> {
  const { url, pid, version, region, stateDir, residentBytes, workers, memoryBudgetBytes, clusters } = status
  const head = [
    `Engine ${version} at ${url} (pid ${pid}), since ${status.startedAt}`,
    `Region ${region}; ${workers} node workers; ${mebibytes(residentBytes)} resident, ${mebibytes(memoryBudgetBytes)} at most for nodes`,
    `State directory: ${stateDir}`,
  ]
  if (clusters.length === 0) return [...head, 'No clusters.'].join('\n')
  return [...head, '', await tableText(CLUSTER_HEAD, clusters.map(clusterRow))].join('\n')
}

const CLUSTER_HEAD = ['Cluster', 'Region', 'Status', 'Engine', 'Network', 'Discovery', 'Config', 'Endpoint', 'Nodes']

const clusterRow = (cluster: ClusterReport): string[] => [
  cluster.id,
  cluster.region,
  cluster.status,
  cluster.engineVersion,
  cluster.networkType,
  cluster.ipDiscovery,
  `v${cluster.configVersion}`,
  cluster.endpoint ? endpoint(cluster.endpoint.address, cluster.endpoint.port) : '-',
  cluster.nodes.map((node) => `${node.id} ${node.status} :${node.port}`).join('\n'),
]

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
