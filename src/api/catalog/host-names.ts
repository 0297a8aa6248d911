/** Names of hosts that ElastiCache gives to endpoints, in China too. */
export const AWS_NAME = /\.cache\.amazonaws\.com(\.cn)?$/i
