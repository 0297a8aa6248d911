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
    lines: /--max-items .*--query (?!NextToken|@).*--output text|--query (?!NextToken|@).*--max-items .*--output text/,
    in: ['stdout'],
  },
  {
    reason: 'Our model is newer: it knows members that the botocore of aws-cli 1.45 lacks.',
    lines: /^(create|modify)-replication-group --generate-cli-skeleton$/,
    in: ['stdout'],
  },
  {
    reason: 'Nothing to wait for is bad usage to v2; v1 says only that it has too few arguments.',
    lines: /^wait$/,
    in: ['stderr', 'code'],
  },
  {
    reason: 'yaml, yaml-stream and off are forms of aws-cli v2.',
    lines: /--output yaml/,
    in: ['stdout', 'stderr', 'code'],
  },
  {
    reason: "An input that is no structure makes aws-cli stumble over Python's types; ours says what is expected.",
    lines: /--cli-input-json '\[\]'/,
    in: ['stderr', 'code'],
  },
  {
    reason: 'Paging by hand in an input file turns automatic paging off, as in v2; v1 goes on paging.',
    lines: /"MaxRecords":20\}' --max-items/,
    in: ['stdout', 'stderr', 'code'],
  },
  {
    reason: 'A URL as a value is fetched by v1; v2 and cachectl take it for the value.',
    lines: /http:\/\/127\.0\.0\.1:1\//,
    in: ['stderr', 'code'],
  },
  {
    reason:
      'A file that is missing within shorthand is a failure without a name to v1; ours names the option, and it is usage.',
    lines: /Key@=file:\/\/\/nosuch/,
    in: ['code'],
  },
  {
    reason: "aws-cli's shorthand stops at a character beyond the basic plane, such as an emoji; ours takes it.",
    lines: /--tags .*😀/u,
    in: ['stderr', 'code'],
  },
  {
    reason: "JMESPath is a library's, not ours: it refuses what aws-cli refuses, in words of its own.",
    lines: /--query ("(CacheClusters\[|CacheClusters\]|a\.|\.a|a b|a\[\?b|#|CacheClusters\[::0\])"$|'(\[0|\[)'$)/,
    in: ['stdout', 'stderr', 'code'],
  },
]
