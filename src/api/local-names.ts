/**
 * What names of the local engine's endpoints end in. `.test` is nobody's on the internet (RFC 6761), nothing on the way to a name
 * server answers for it as for `.localhost`, and it is short: clients that check an endpoint by its look take up to six letters.
 */
export const LOCAL_ZONE = 'cachectl.test'

/** The name server's own: whatever finds it finds the others. */
export const NAME_SERVER = `ns.${LOCAL_ZONE}`

/** Where this machine asks it. */
export const NAME_SERVER_ADDRESS = '127.0.0.1'

/** How endpoints are told: a port each, or an address and a name each, found by the engine's own name server or by the hosts file. */
export const ENDPOINT_MODES = ['ports', 'dns', 'hosts'] as const

export type EndpointMode = (typeof ENDPOINT_MODES)[number]
