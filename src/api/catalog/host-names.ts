/** Names of hosts that ElastiCache gives to endpoints, in China too, and those that the local engine gives. */
export const AWS_NAME = /\.cache\.(?:amazonaws\.com(?:\.cn)?|cachectl\.test)$/i
