import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { hostName, SimError, SimulatedInternet, simParameters } from '@revtr/sim';
import { type Command, InvalidArgumentError } from 'commander';
import { addCommand, type Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { renderTruth, type TruePath } from '../render/true-path.ts';
import { type SimOptions, withInternet } from './sim-options.ts';

interface TruthOptions extends SimOptions {
  readonly from: Ipv4Address;
  readonly to: Ipv4Address;
}

/** `revtr sim truth`. */
export function addTruth(sim: Command, { output }: Context): void {
  withInternet(addCommand(sim, 'truth', 'Print the true path between two addresses, with all addresses of its routers'))
    .requiredOption('--from <address>', 'IPv4 address at the start of the path', readAddress)
    .requiredOption('--to <address>', 'IPv4 address at its end', readAddress)
    .action((options: TruthOptions) => output.print(options, truePathOf(options), renderTruth));
}

function truePathOf({ from, to, seed, size, profile }: TruthOptions): TruePath {
  const { truth, topology, clock } = new SimulatedInternet({ parameters: simParameters(size, seed, {}, profile) });
  const ends = { from: formatIpv4(from), to: formatIpv4(to) };
  try {
    const { routers, reached, asPath } = truth.path(from, to, clock.now());
    const hops = routers.map((router) => {
      const addresses = truth.addressesOf(router);
      return {
        router,
        asn: truth.asOf(router),
        name: hostName(topology, addresses[0]) ?? '',
        addresses: addresses.map(formatIpv4),
      };
    });
    return { ...ends, seed, size, reached, asPath, hops };
  } catch (error) {
    if (!(error instanceof SimError)) throw error;
    throw new CliError('badArgument', error.message, { name: '--from', value: ends.from });
  }
}

function readAddress(text: string): Ipv4Address {
  const address = tryParseIpv4(text);
  if (address === undefined) throw new InvalidArgumentError('It is not an IPv4 address.');
  return address;
}
