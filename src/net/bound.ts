import type { AddressInfo, Server } from 'node:net'

/** Where a TCP server listens. To be asked only while it does: before and after, there is no address. */
export const boundTo = (server: Server): AddressInfo => server.address() as AddressInfo // no pipe, and it listens
