/**
 * The command table: the hand-written commands, the 75 operations of the model and the waiters. A command is loaded
 * when it is called, so that none pays for what another needs.
 */
import { operationNames } from '../api/model.ts'
import { kebabCase } from '../api/names.ts'
import { namesOf } from '../api/tables.ts'
import type { Command } from './command.ts'
import type { Shell } from './completion/scripts.ts'
import { waiters } from './waiting/waiters.ts'

type LoadCommand = () => Promise<Command>

const handWritten: Record<string, LoadCommand> = {
  'engine:start': async () => (await import('./commands/engine/start.ts')).engineStart,
  'engine:stop': async () => (await import('./commands/engine/stop.ts')).engineStop,
  'engine:status': async () => (await import('./commands/engine/status.ts')).engineStatusCommand,
  'engine:env': async () => (await import('./commands/engine/env.ts')).engineEnv,
  'engine:logs': async () => (await import('./commands/engine/logs.ts')).engineLogs,
  'engine:reset': async () => (await import('./commands/engine/reset.ts')).engineReset,
  'engine:ca': async () => (await import('./commands/engine/ca.ts')).engineCa,
  'engine:dns:status': async () => (await import('./commands/engine/dns.ts')).engineDnsStatus,
  'engine:dns:enable': async () => (await import('./commands/engine/dns.ts')).engineDnsEnable,
  'engine:dns:disable': async () => (await import('./commands/engine/dns.ts')).engineDnsDisable,
  'engine:notifications': async () => (await import('./commands/engine/notifications.ts')).engineNotifications,
  'engine:audit': async () => (await import('./commands/engine/audit.ts')).engineAudit,
  'engine:user:create': async () => (await import('./commands/engine/user.ts')).engineUserCreate,
  'engine:user:list': async () => (await import('./commands/engine/user.ts')).engineUserList,
  'engine:user:delete': async () => (await import('./commands/engine/user.ts')).engineUserDelete,
  'engine:policy:put': async () => (await import('./commands/engine/policy.ts')).enginePolicyPut,
  'engine:policy:get': async () => (await import('./commands/engine/policy.ts')).enginePolicyGet,
  'engine:policy:delete': async () => (await import('./commands/engine/policy.ts')).enginePolicyDelete,
  'engine:fault:inject': async () => (await import('./commands/engine/fault.ts')).engineFaultInject,
  'engine:fault:list': async () => (await import('./commands/engine/fault.ts')).engineFaultList,
  'engine:fault:clear': async () => (await import('./commands/engine/fault.ts')).engineFaultClear,
  'engine:clock:show': async () => (await import('./commands/engine/clock.ts')).engineClockShow,
  'engine:clock:advance': async () => (await import('./commands/engine/clock.ts')).engineClockAdvance,
  'engine:clock:set': async () => (await import('./commands/engine/clock.ts')).engineClockSet,
  'engine:quota:list': async () => (await import('./commands/engine/quota.ts')).engineQuotaList,
  'engine:quota:set': async () => (await import('./commands/engine/quota.ts')).engineQuotaSet,
  'engine:quota:reset': async () => (await import('./commands/engine/quota.ts')).engineQuotaReset,
  'engine:subnet:list': async () => (await import('./commands/engine/subnet.ts')).engineSubnetList,
  'engine:subnet:create': async () => (await import('./commands/engine/subnet.ts')).engineSubnetCreate,
  'engine:subnet:delete': async () => (await import('./commands/engine/subnet.ts')).engineSubnetDelete,
  'engine:security-group:list': async () =>
    (await import('./commands/engine/security-group.ts')).engineSecurityGroupList,
  'engine:security-group:create': async () =>
    (await import('./commands/engine/security-group.ts')).engineSecurityGroupCreate,
  'engine:security-group:delete': async () =>
    (await import('./commands/engine/security-group.ts')).engineSecurityGroupDelete,
  'engine:security-group:join': async () =>
    (await import('./commands/engine/security-group.ts')).engineSecurityGroupJoin,
  'engine:security-group:leave': async () =>
    (await import('./commands/engine/security-group.ts')).engineSecurityGroupLeave,
  'engine:security-group:authorize': async () =>
    (await import('./commands/engine/security-group.ts')).engineSecurityGroupAuthorize,
  'engine:security-group:revoke': async () =>
    (await import('./commands/engine/security-group.ts')).engineSecurityGroupRevoke,
  list: async () => (await import('./commands/caches/list.ts')).list,
  scale: async () => (await import('./commands/caches/scale.ts')).scale,
  'auth-token': async () => (await import('./commands/caches/auth-token.ts')).authTokenCommand,
  diff: async () => (await import('./commands/caches/diff.ts')).diff,
  maintenance: async () => (await import('./commands/caches/maintenance.ts')).maintenance,
  failover: async () => (await import('./commands/caches/failover.ts')).failover,
  tag: async () => (await import('./commands/caches/tag.ts')).tag,
  'completion:ids': async () => (await import('./commands/session/completion.ts')).completionIds,
  'backup:create': async () => (await import('./commands/caches/backup.ts')).backupCreate,
  'backup:list': async () => (await import('./commands/caches/backup.ts')).backupList,
  'backup:restore': async () => (await import('./commands/caches/backup.ts')).backupRestore,
  'backup:export': async () => (await import('./commands/caches/backup.ts')).backupExport,
  'backup:delete': async () => (await import('./commands/caches/backup.ts')).backupDelete,
  'target:list': async () => (await import('./commands/session/target.ts')).targetList,
  'target:use': async () => (await import('./commands/session/target.ts')).targetUse,
  'target:add': async () => (await import('./commands/session/target.ts')).targetAdd,
  'target:remove': async () => (await import('./commands/session/target.ts')).targetRemove,
  'target:show': async () => (await import('./commands/session/target.ts')).targetShow,
  quotas: async () => (await import('./commands/caches/quotas.ts')).quotas,
  users: async () => (await import('./commands/caches/users.ts')).users,
  top: async () => (await import('./commands/top/top.ts')).top,
  metrics: async () => (await import('./commands/caches/metrics.ts')).metricsOf,
  endpoints: async () => (await import('./commands/caches/endpoints.ts')).endpoints,
  discover: async () => (await import('./commands/diagnose/discover.ts')).discover,
  probe: async () => (await import('./commands/diagnose/probe.ts')).probeCommand,
  doctor: async () => (await import('./commands/diagnose/doctor.ts')).doctor,
  dns: async () => (await import('./commands/diagnose/dns.ts')).dns,
  tls: async () => (await import('./commands/diagnose/tls.ts')).tls,
  tunnel: async () => (await import('./commands/diagnose/tunnel.ts')).tunnel,
  connections: async () => (await import('./commands/diagnose/connections.ts')).connections,
  proxy: async () => (await import('./commands/proxy/proxy.ts')).proxyCommand,
  'proxy:weight': async () => (await import('./commands/proxy/control.ts')).proxyWeight,
  'proxy:list': async () => (await import('./commands/proxy/control.ts')).proxyList,
  preference: async () => (await import('./commands/diagnose/preference.ts')).preference,
  'gai:show': async () => (await import('./commands/gai/show.ts')).gaiShow,
  'gai:check': async () => (await import('./commands/gai/check.ts')).gaiCheck,
  'gai:order': async () => (await import('./commands/gai/order.ts')).gaiOrder,
  'gai:generate': async () => (await import('./commands/gai/generate.ts')).gaiGenerate,
  'gai:lint': async () => (await import('./commands/gai/lint.ts')).gaiLint,
  'gai:windows': async () => (await import('./commands/gai/windows.ts')).gaiWindows,
  'node:run': async () => (await import('./commands/engine/node-run.ts')).nodeRun,
  'kv:get': async () => (await import('./commands/kv/kv.ts')).kvGet,
  'kv:mget': async () => (await import('./commands/kv/kv.ts')).kvMget,
  'kv:set': async () => (await import('./commands/kv/kv.ts')).kvSet,
  'kv:add': async () => (await import('./commands/kv/kv.ts')).kvAdd,
  'kv:delete': async () => (await import('./commands/kv/kv.ts')).kvDelete,
  'kv:incr': async () => (await import('./commands/kv/kv.ts')).kvIncr,
  'kv:touch': async () => (await import('./commands/kv/kv.ts')).kvTouch,
  'kv:ttl': async () => (await import('./commands/kv/keys.ts')).kvTtl,
  'kv:scan': async () => (await import('./commands/kv/keys.ts')).kvScan,
  'kv:show': async () => (await import('./commands/kv/show.ts')).kvShow,
  'kv:stats': async () => (await import('./commands/kv/kv.ts')).kvStats,
  'kv:flush': async () => (await import('./commands/kv/kv.ts')).kvFlush,
  'kv:dump': async () => (await import('./commands/kv/dump.ts')).kvDump,
  'kv:load': async () => (await import('./commands/kv/dump.ts')).kvLoad,
  'kv:hot': async () => (await import('./commands/kv/hot.ts')).kvHot,
  'kv:big': async () => (await import('./commands/kv/big.ts')).kvBig,
  'kv:bench': async () => (await import('./commands/kv/bench.ts')).kvBench,
  'kv:locate': async () => (await import('./commands/kv/locate.ts')).kvLocate,
  quickstart: async () => (await import('./commands/session/quickstart.ts')).quickstart,
}

const shells: readonly Shell[] = ['bash', 'zsh', 'fish', 'powershell']

const completions = shells.map((shell): [string, LoadCommand] => [
  `completion:${shell}`,
  async () => (await import('./commands/session/completion.ts')).completionCommand(shell),
])

const operations = operationNames.map((name): [string, LoadCommand] => [
  kebabCase(name),
  async () => (await import('./call/operation-command.ts')).operationCommand(name),
])

const waits = namesOf(waiters).map((name): [string, LoadCommand] => [
  `wait:${name}`,
  async () => (await import('./commands/caches/wait.ts')).waitCommand(name),
])

/** Command id (`engine:start`) -> its class. */
export const commands: Readonly<Record<string, LoadCommand>> = {
  ...handWritten,
  ...Object.fromEntries(completions),
  ...Object.fromEntries(operations),
  ...Object.fromEntries(waits),
}
