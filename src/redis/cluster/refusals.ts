/** What clients are refused with whose keys can't be served anywhere. */
export const DOWN = 'CLUSTERDOWN The cluster is down'
export const DOWN_FOR_WRITES = 'CLUSTERDOWN The cluster is down and only accepts read commands'
export const UNBOUND = 'CLUSTERDOWN Hash slot not served'
export const CROSS_SLOT = "CROSSSLOT Keys in request don't hash to the same slot"
export const UNSTABLE = 'TRYAGAIN Multiple keys request during rehashing of slot'
