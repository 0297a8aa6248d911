/** A message that a client has published at a node of a cluster, as the other nodes hear of it. Plain data: it may come from another thread. */
export interface Published {
  /** The id of the node. */
  readonly from: string
  /** To a shard channel: it is for the nodes of that shard alone. */
  readonly toShard: boolean
  readonly channel: Uint8Array
  readonly message: Uint8Array
}

/** What carries messages from each node of a cluster to all others; to those of other clusters as well, which don't heed them. */
export interface Bus {
  send(published: Published): void
  /** @returns A function that ends it. */
  hear(listener: (published: Published) => void): () => void
}
