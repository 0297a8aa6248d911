/** Where cachectl says something else than aws-cli 1.45, on purpose. What is not here must be the same byte for byte. */

export interface Difference {
  readonly reason: string
  readonly lines: RegExp
  /** What of the outcome may differ. */
  readonly in: readonly ('stdout' | 'stderr' | 'code')[]
}

export const acceptedDifferences: readonly Difference[] = [
  {
    reason:
      'aws-cli prints a line `None` for the token behind the last page when the query does not pick it: a known defect, which scripts take for an item.',
    lines: /--max-items .*--query .*--output text|--query .*--max-items .*--output text/,
    in: ['stdout'],
  },
  {
    reason: 'Our model is newer: it knows members that the botocore of aws-cli 1.45 lacks.',
    lines: /^(create|modify)-replication-group --generate-cli-skeleton$/,
    in: ['stdout'],
  },
]
