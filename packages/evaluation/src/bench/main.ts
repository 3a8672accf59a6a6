import { benchAgents } from './agents/agents.ts';
import { benchAtlas } from './atlas.ts';
import { benchAudit } from './audit.ts';
import { compared } from './comparison/compared.ts';
import { comparisonOptions } from './comparison/options.ts';
import { benchFairness } from './fairness.ts';
import { benchCluster } from './fleet/cluster.ts';
import { benchFleet } from './fleet/fleet.ts';
import { benchForwarding } from './forwarding.ts';
import { benchGeneration } from './generation.ts';
import { benchInFlight } from './in-flight.ts';
import { benchLatency } from './latency/latency.ts';
import { benchLink } from './link.ts';
import { benchListener } from './listener.ts';
import { benchOptOut } from './opt-out.ts';
import { OptionError } from './option-error.ts';
import { parameterTable } from './parameters.ts';
import { benchPrefixTable } from './prefix-table.ts';
import { benchQueries } from './queries.ts';
import { benchRanking } from './ranking.ts';
import { benchReads } from './reads/reads.ts';
import { benchRealism } from './realism/realism.ts';
import { benchSafety } from './safety.ts';
import { benchStorage } from './storage.ts';
import { benchThroughput } from './throughput/throughput.ts';
import { benchWarts } from './warts.ts';
import { benchWeb } from './web/web.ts';

const BENCHES: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  agents: benchAgents,
  atlas: benchAtlas,
  audit: benchAudit,
  parameters: parameterTable,
  'prefix-table': benchPrefixTable,
  cluster: benchCluster,
  fairness: benchFairness,
  fleet: benchFleet,
  forwarding: benchForwarding,
  generation: benchGeneration,
  inflight: benchInFlight,
  latency: benchLatency,
  link: benchLink,
  listener: benchListener,
  'opt-out': benchOptOut,
  queries: benchQueries,
  ranking: benchRanking,
  reads: benchReads,
  realism: benchRealism,
  safety: benchSafety,
  storage: benchStorage,
  throughput: benchThroughput,
  warts: benchWarts,
  web: benchWeb,
};

const HELP = `npm run bench -- NAME [OPTIONS]

Runs one benchmark and prints its figures as JSON; parameters and realism print
tables unless told otherwise. Repeated timings are medians. The answers of
agents, cluster, fairness, fleet, inflight, latency and throughput contain the
three largest costs of a CPU profile.

  --base REF     run the benchmark alternately at another version (a commit, tag
                 or branch of Git) and in the working tree, and print the
                 medians of all figures and their ratios
  --runs N       with --base: runs of each version (default 3)
  --json         print JSON, also for realism

  agents         connect 10,000 agents to one gateway: connections, idle cost, and
                 time until all have a new opt-out [--agents N]
  atlas          build and query an atlas of 10,000 traceroutes
  audit          fill an audit and query it [--packets N] [--database URL]
  cluster        processor time with 1, 2 and 4 engines and with a single process
                 (requires root) [--agents N] [--measurements N]
  parameters     print the parameters of profile published and their sources, as
                 Markdown
  prefix-table   build and query a table of a million prefixes
  fairness       times of small batches beside a large one
                 [--bulk N] [--seconds N]
  fleet          measure through 1,000 agents in another process, TLS and
                 PostgreSQL (requires root) [--agents N] [--measurements N]
                 [--concurrency N]
  forwarding     forward packets through the simulator
  generation     generate simulated Internets of each size
  inflight       hold many reverse traceroutes in flight and report the memory
                 [--measurements N]
  latency        times of reverse traceroutes at 10, 50 and 90 % of the highest
                 load [--seconds N]
  link           connect a thousand agents to a controller
  listener       receive a flood of replies (requires root)
  opt-out        look up and change an opt-out list of a million prefixes
  queries        find measurements by each kind of filter
                 [--measurements N] [--database URL]
  ranking        rank vantage points
  reads          read all results through the API in each way, and report the memory
                 of the server [--measurements N] [--batch N] [--way TEXT]
                 [--database URL]
  realism        compare a simulated Internet with published figures
                 [--size SIZE] [--seed N] [--profile PROFILE]
                 [--family FAMILY] [--json]
  safety         send probes with and without budgets and circuit breakers
  storage        store results of profile published and report the bytes of each
                 [--measurements N] [--database URL] [--cold N]
  throughput     measure reverse traceroutes from the API to the database
                 [--measurements N] [--safety on|off|both | --stored N] [--rounds N]
  warts          decode warts files
  web            size of the first page of the web interface, and its speed in
                 Chromium
`;

const name = process.argv[2] ?? '';
const isHelp = name === 'help' || name === '--help';
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined || isHelp) {
  (isHelp ? process.stdout : process.stderr).write(HELP);
  process.exitCode = isHelp ? 0 : 2;
} else {
  try {
    const { base, runs, rest } = comparisonOptions(process.argv.slice(3));
    // Only `realism` has to be told: the others print JSON in any case.
    const own = name === 'realism' ? rest : rest.filter((arg) => arg !== '--json');
    const result = base === undefined ? await bench(own) : await compared(name, own, { base, runs });
    process.stdout.write(typeof result === 'string' ? result : `${JSON.stringify(result, null, 2)}\n`);
  } catch (error) {
    if (!isAboutOptions(error)) throw error;
    process.stderr.write(`bench ${name}: ${error.message}\n\n${HELP}`);
    process.exitCode = 2;
  }
}

/** Whether `parseArgs` of `node:util` or a benchmark rejected the command line. */
function isAboutOptions(error: unknown): error is Error {
  if (error instanceof OptionError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
