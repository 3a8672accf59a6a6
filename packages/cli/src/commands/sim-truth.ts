import { formatIpv4, tryParseIpv4 } from '@revtr/net';
import { hostName, SIZES, SimError, SimulatedInternet, type Size, simParameters } from '@revtr/sim';
import { type Command, Option } from 'commander';
import { CliError, EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { readSeed } from './sim.ts';

interface TruthOptions {
  readonly seed: string;
  readonly size: Size;
  readonly from: string;
  readonly to: string;
  readonly json?: boolean;
}

/** `revtr sim truth`: the path that packets really take in a simulated Internet. */
export function addTruth(sim: Command, terminal: Terminal): void {
  sim
    .command('truth')
    .description('print the true path between two addresses, and every address of its routers')
    .requiredOption('--from <address>', 'where the path begins')
    .requiredOption('--to <address>', 'where it ends')
    .option('--seed <number>', 'seed of the simulated Internet', '1')
    .addOption(new Option('--size <size>', 'its size').choices(Object.keys(SIZES)).default('medium'))
    .option('--json', 'print the path as JSON')
    .action((options: TruthOptions) => printTruth(options, terminal));
}

function printTruth(options: TruthOptions, terminal: Terminal): void {
  const [from, to] = [options.from, options.to].map((text) => {
    const address = tryParseIpv4(text);
    if (address === undefined) throw new CliError(EXIT.usage, `'${text}' is not an IPv4 address`);
    return address;
  });
  const seed = readSeed(options.seed);
  const { truth, topology, clock } = new SimulatedInternet({ parameters: simParameters(options.size, seed) });
  try {
    const path = truth.path(from, to, clock.now());
    const hops = path.routers.map((router) => {
      const addresses = truth.addressesOf(router);
      return {
        router,
        asn: truth.asOf(router),
        name: hostName(topology, addresses[0]) ?? '',
        addresses: addresses.map(formatIpv4),
      };
    });
    const { reached, asPath } = path;
    if (options.json === true) {
      terminal.out(
        `${JSON.stringify({ from: options.from, to: options.to, seed, size: options.size, reached, asPath, hops }, null, 2)}\n`,
      );
      return;
    }
    terminal.out(`True path from ${options.from} to ${options.to}${reached ? '' : ' (does not arrive)'}\n`);
    for (const [i, { name, asn, addresses }] of hops.entries()) {
      terminal.out(
        `${String(i + 1).padStart(3)}  AS${String(asn).padEnd(6)} ${name.padEnd(32)} ${addresses.join(' ')}\n`,
      );
    }
  } catch (error) {
    if (error instanceof SimError) throw new CliError(EXIT.usage, error.message);
    throw error;
  }
}
