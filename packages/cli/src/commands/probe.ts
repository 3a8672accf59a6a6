import type { NewProbes } from '@revtr/client';
import { type Command, InvalidArgumentError } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { renderProbe, renderProbeSets } from '../render/probes.ts';
import { readCount } from './arguments.ts';
import { sourceOf } from './source.ts';

interface ProbeOptions extends ConnectionOptions {
  readonly from?: string;
  readonly as?: string;
  readonly label?: string;
  readonly count?: number;
  readonly timestamps?: NewProbes['probes'][number]['timestamps'];
}

interface ListOptions extends ConnectionOptions {
  readonly limit: number;
  readonly before?: number;
}

const MOST_COUNT = 4;

/** `revtr probe`. */
export function addProbe(program: Command, context: Context): void {
  const probe = program.command('probe').description('Send single probes from a source or vantage point');
  addKind(probe, 'ping', 'Send echo requests, one a second', 'ping', context)
    .option('--count <n>', 'echo requests for each target, 1 to 4', readFew, 1)
    .option(...AS);
  addKind(probe, 'rr', 'Send an echo request with the Record Route option', 'recordRoute', context).option(...AS);
  addKind(probe, 'ts', 'Send an echo request with the IP Timestamp option', 'timestamp', context)
    .option(
      '--timestamps <which>',
      'addresses that are asked to stamp, separated by commas; or timestampOnly or withAddress for all routers',
      readTimestamps,
      'timestampOnly',
    )
    .option(...AS);
  addKind(probe, 'traceroute', 'Send a Paris traceroute', 'traceroute', context).option(
    '--count <n>',
    'probes to a silent hop, 1 to 4',
    readFew,
    2,
  );
  addStored(probe, context);
}

function addStored(probe: Command, context: Context): void {
  const { output } = context;
  withConnection(addCommand(probe, 'list', 'List your latest requests for probes'))
    .option('--limit <n>', 'number of requests to list, at most 100', readCount, 20)
    .option('--before <id>', 'only requests before this number', readCount)
    .action(async ({ limit, before, ...options }: ListOptions) => {
      const { probes } = await context.connect(options);
      const sets = await probes.list({ limit, ...(before !== undefined && { before }) });
      if (sets.length === 0) output.note('you have no such request for probes');
      output.print(options, sets, renderProbeSets);
    });
  withConnection(addCommand(probe, 'show', 'Show the probes of an earlier request'))
    .argument('<id>', 'number of the request', readCount)
    .action(async (id: number, options: ConnectionOptions) => {
      const set = await (await context.connect(options)).probes.get(id);
      output.print(options, set, (shown) => shown.probes.map(renderProbe).join(''));
    });
}

const AS = ['--as <source>', 'source whose address the packets carry, and which receives the replies'] as const;

function addKind(
  probe: Command,
  name: string,
  description: string,
  type: NewProbes['type'],
  context: Context,
): Command {
  const { terminal, output } = context;
  return withConnection(addCommand(probe, name, description))
    .argument('<target...>', 'IPv4 addresses or host names, at most 1,000')
    .option('--from <address>', 'source or vantage point that sends (default: the source of the profile)')
    .option('--label <label>', 'label that the result carries')
    .action(async (targets: readonly string[], options: ProbeOptions) => {
      const { as, label, count, timestamps } = options;
      const from = options.from ?? (await sourceOf(options, terminal));
      if (from === undefined) {
        const message = 'no sender: use --from, or set a source with "revtr config set source ADDRESS"';
        throw new CliError('badArgument', message, { name: '--from', value: '' });
      }
      const common = {
        from,
        ...(as !== undefined && { as }),
        ...(label !== undefined && { label }),
        ...(count !== undefined && { count }),
        ...(timestamps !== undefined && { timestamps }),
      };
      const { probes: client } = await context.connect(options);
      const { id } = await client.send({ type, probes: targets.map((to) => ({ to, ...common })) });
      const showsProgress = terminal.isWatched && options.json !== true;
      if (showsProgress) output.note(`  request ${id}: revtr probe show ${id}`);
      const { probes } = await client.wait(id, {
        onProgress: (done, total) => {
          if (showsProgress) output.note(`  ${done} of ${total} probes have ended`);
        },
      });
      output.print(options, { id, probes }, (sent) => sent.probes.map(renderProbe).join(''));
      const isAnswered = probes.every(({ result }) => (result?.replies ?? result?.hops ?? []).length > 0);
      context.exitCode = isAnswered ? EXIT.ok : EXIT.incomplete;
    });
}

function readFew(text: string): number {
  const count = Number(text);
  if (!/^\d$/.test(text) || count < 1 || count > MOST_COUNT) throw new InvalidArgumentError('It must be 1 to 4.');
  return count;
}

const readTimestamps = (text: string): ProbeOptions['timestamps'] =>
  text === 'timestampOnly' || text === 'withAddress' ? text : text.split(',');
