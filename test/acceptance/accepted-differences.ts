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
    reason: "A number that is none is aws-cli's bare `invalid literal for int()`; ours names the option.",
    lines: /--(cli-read-timeout|num-cache-nodes) abc|Maximum=ten/,
    in: ['stderr'],
  },
  {
    reason: 'What is wrong with JSON is said in the words of the parser at hand: Python’s there, Node’s here.',
    lines: /'\[\{\]'|broken\.json|--cli-input-json '\{'$/,
    in: ['stderr'],
  },
  {
    reason: 'aws-cli calls the second word of a command an operation or a subcommand, ours is an operation always.',
    lines: /^wait nosuch$/,
    in: ['stderr'],
  },
  {
    reason: "What is wrong with a query is said in the words of JavaScript's JMESPath library, aws-cli says Python's.",
    lines:
      /--query "(CacheClusters\[|CacheClusters\]|a\.|\.a|a b|a\[\?b|a=b|#|sort\(NumCacheNodes\)|sort_by\(CacheClusters,&Nothing\)|length\(CacheClusters,CacheClusters\)|length\(CacheClusters\[0\]\.NumCacheNodes\)|nosuchfunction\(@\)|join\(',',CacheClusters\)|CacheClusters\[::0\])"$/,
    in: ['stderr'],
  },
  {
    reason:
      'The same library finds a name missing behind a point only when it applies the expression: 255 instead of 252.',
    lines: /--query "a\."$/,
    in: ['code'],
  },
  {
    reason:
      'The same library closes quotes that are left open, orders a number before a text, and knows no 1.0 beside 1.',
    lines: /--query "('a|\\`a|CacheClusters\[0\]\.NumCacheNodes < 'a'|\[\\`1\\`,.*)"$/,
    in: ['stdout', 'stderr', 'code'],
  },
  {
    reason: 'Our model is newer: it knows members that the botocore of aws-cli 1.45 lacks.',
    lines: /^(create|modify)-replication-group --generate-cli-skeleton$/,
    in: ['stdout'],
  },
]
