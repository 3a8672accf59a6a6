/** The groups of operations in the OpenAPI document, in the order in which documentation shows them. */
export const TAGS = [
  {
    name: 'v1',
    description: 'Version 1 of the API, compatible with clients of the original Reverse Traceroute service',
  },
  {
    name: 'original v2',
    description: 'Version 2 of the API of the original service, as its clients know it; not version 2 of this API',
  },
  { name: 'measurements', description: 'Batches of measurements: results, progress, cancellation and exports' },
  { name: 'probes', description: 'Raw probes: pings, Record Route and Timestamp probes, and traceroutes' },
  { name: 'publications', description: 'Results that their owners published, and the latest results of visitors' },
  { name: 'watches', description: 'Pairs that are measured again and again, their confirmed changes and alerts' },
  { name: 'accuracy', description: 'How accurate the system is, by its self-audits' },
  { name: 'atlas', description: 'Traceroutes towards the sources, which reverse paths join' },
  { name: 'agents', description: 'The programs that send probes at sources and vantage points' },
  { name: 'applications', description: 'Applications to host a source' },
  { name: 'account', description: 'The own account, its API keys and browser sessions' },
  { name: 'users', description: 'All accounts; for operators' },
  {
    name: 'datasets',
    description: 'Files about the Internet that the system uses, such as prefixes and their networks',
  },
  { name: 'opt-outs', description: 'Networks that are not probed, and requests for it' },
  { name: 'operations', description: 'Kill switches, budgets, mails and the audit of probes; for operators' },
] as const;
