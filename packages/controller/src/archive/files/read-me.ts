/** The description that lies beside the files of an archive. */
export const READ_ME = `# Archive of reverse traceroutes

Each reverse traceroute shows the path from a destination to a source. This archive has the results of users who agreed to their publication, to
sources that their hosts share with everybody. Rows do not say who measured.

* \`catalogue.json\` lists the days. Each day has a \`catalogue.json\`, which lists its files with their rows, bytes, SHA-256 digests and times.
* \`YYYY/MM/DD/*.jsonl.gz\` have one row for each result, as in the M-Lab archive of reverse traceroutes. \`schemas/archive.json\` lists the fields.
* \`YYYY/MM/DD/*.parquet\` have the same results with more fields: techniques, trust, confidence, AS paths. \`schemas/paths.json\` lists the fields.

A result is in one file of each format. The day is that on which the measurement ended (UTC). Files never change once they have been written;
catalogues do.

\`\`\`sql
select stop_reason, count(*) from 'YYYY/MM/DD/*.parquet' group by all;  -- DuckDB
\`\`\`

Please read hops with care: those of type 11 and 12 (\`trust\` is \`assumed\` or \`technique\` begins with \`standIn\`) were not seen by probes to the
destination.
`;
