import { LOCAL_ZONE, NAME_SERVER_ADDRESS } from '../../api/local-names.ts'
import { usePrivateZone } from '../../net/private-zone.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { runningEngine, stateDirOf } from './state-dir.ts'

/** Names of the local engine's endpoints are asked for at its own name server, whether or not this host knows of that. */
export const askEngineForItsNames = (flags: Pick<GlobalOptions, 'state-dir'>): void =>
  usePrivateZone({
    name: LOCAL_ZONE,
    server() {
      const port = runningEngine(stateDirOf(flags))?.info.dnsPort
      return port === undefined ? undefined : { address: NAME_SERVER_ADDRESS, port }
    },
  })
