/**
 * The command table: the 75 operations from the model, the waiters, and the hand-written commands. Classes are built
 * when they are looked at (oclif's explicit strategy reads only the one it runs).
 */
import { operationNames } from './api/model.ts'
import { kebabCase } from './api/names.ts'
import type { CommandClass } from './cli/base-command.ts'
import { Discover } from './cli/commands/discover.ts'
import { Endpoints } from './cli/commands/endpoints.ts'
import { EngineCa } from './cli/commands/engine-ca.ts'
import { EngineEnv } from './cli/commands/engine-env.ts'
import { EngineLogs } from './cli/commands/engine-logs.ts'
import { EngineReset } from './cli/commands/engine-reset.ts'
import { EngineStart } from './cli/commands/engine-start.ts'
import { EngineStatusCommand } from './cli/commands/engine-status.ts'
import { EngineStop } from './cli/commands/engine-stop.ts'
import { GaiCheck } from './cli/commands/gai-check.ts'
import { GaiGenerate } from './cli/commands/gai-generate.ts'
import { GaiLint } from './cli/commands/gai-lint.ts'
import { GaiOrder } from './cli/commands/gai-order.ts'
import { GaiShow } from './cli/commands/gai-show.ts'
import { GaiWindows } from './cli/commands/gai-windows.ts'
import { Probe } from './cli/commands/probe.ts'
import { Quickstart } from './cli/commands/quickstart.ts'
import { waitCommand } from './cli/commands/wait.ts'
import { operationCommand } from './cli/operation-command.ts'
import { type WaiterName, waiters } from './cli/waiters.ts'

export const commands: Record<string, CommandClass> = {
  'engine:start': EngineStart,
  'engine:stop': EngineStop,
  'engine:status': EngineStatusCommand,
  'engine:env': EngineEnv,
  'engine:logs': EngineLogs,
  'engine:reset': EngineReset,
  'engine:ca': EngineCa,
  endpoints: Endpoints,
  discover: Discover,
  probe: Probe,
  'gai:show': GaiShow,
  'gai:check': GaiCheck,
  'gai:order': GaiOrder,
  'gai:generate': GaiGenerate,
  'gai:lint': GaiLint,
  'gai:windows': GaiWindows,
  quickstart: Quickstart,
}

function lazily(id: string, build: () => CommandClass): void {
  let built: CommandClass | undefined
  Object.defineProperty(commands, id, {
    enumerable: true,
    get() {
      built ??= build()
      return built
    },
  })
}

for (const name of operationNames) lazily(kebabCase(name), () => operationCommand(name))
for (const name of Object.keys(waiters) as WaiterName[]) lazily(`wait:${name}`, () => waitCommand(name))
