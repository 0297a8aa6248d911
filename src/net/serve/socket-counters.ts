/** What a server counts of its sockets. The server's owner reads it, may add to it, and may set it back. */
export class SocketCounters {
  bytesRead = 0
  /** Reads from and writes to sockets: on loopback, where a packet holds 64 KiB, about as many packets. */
  packetsIn = 0
  packetsOut = 0
  totalConnections = 0
  acceptedIpv4 = 0
  acceptedIpv6 = 0
  /** Connections refused because there were enough. */
  rejectedConnections = 0
  /** How often new connections began to wait for others to leave. */
  acceptingPaused = 0
  handshakeErrors = 0
}
