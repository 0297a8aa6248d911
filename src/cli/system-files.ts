import { join } from 'node:path'
import type { Environment } from './environment.ts'

/** Files of this host that the command line may be told to change. The variable puts other ones in their place, below a directory. */
export function systemFiles({ CACHECTL_SYSTEM_ROOT: root = '/' }: Environment) {
  const at = (...parts: readonly string[]): string => join(root, ...parts)
  return {
    hosts: at('etc', 'hosts'),
    resolved: at('etc', 'systemd', 'resolved.conf.d', 'cachectl.conf'),
    dnsmasq: at('etc', 'dnsmasq.d', 'cachectl.conf'),
    resolver: at('etc', 'resolver'),
    /** What tells which of them there are. */
    signs: {
      resolved: at('run', 'systemd', 'resolve'),
      dnsmasq: at('etc', 'dnsmasq.d'),
    },
  }
}
