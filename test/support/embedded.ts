import type { FleetOptions } from '../../src/engine/nodes/fleet.ts'
import type { WantedPrograms } from '../../src/engine/nodes/wanted.ts'

/** A node of Memcached that is part of the engine. */
export const embedded: WantedPrograms = {
  embedded: { program: 'embedded-memcached', options: {}, live: { watchEnabled: true } },
}

/** What a fleet goes by that has no real servers. */
export const embeddedOnly: Pick<FleetOptions, 'choose' | 'filesOf'> = {
  choose({ programs }) {
    if (!programs.embedded) throw new Error('no embedded program')
    return { embedded: programs.embedded }
  },
  filesOf: () => ({ socket: '', log: '', directory: '', snapshots: '', logs: '', secret: '', serverPlaces: {} }),
}
