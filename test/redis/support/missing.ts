/** Commands of the servers that the node does not have. It can only shrink: a test fails when one of them is there. */
export const missing: ReadonlySet<string> = new Set()
