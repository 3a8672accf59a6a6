import { parseArgs } from 'node:util';
import { isSize, SIZES, type Size } from '@revtr/sim';
import { z } from 'zod';
import { parseOrExit } from '../command-line.ts';
import { SCENARIO_NAMES } from './plan/scenario-names.ts';

export const HELP = `npm run chaos -- [options]

Runs a controller of two processes of each role with PostgreSQL, a replica,
NATS, and agents on a simulated Internet, each process in a network namespace.
Clients submit measurements through the HTTP API, and an operator sets opt-outs
and kill switches, while processes are killed and suspended, connections are cut
and delayed, clocks jump, and PostgreSQL fails over. At the end a checker
compares what clients were told with what the database holds.

  --seed <n>           selects the faults and the pairs (default 1)
  --seeds <n>          number of seeds, which run one after the other, each on
                       a new system (default 1)
  --minutes <m>        time in which faults happen, for each seed (default 10)
  --measurements <n>   measurements of each seed (default 20000)
  --every <seconds>    average time from one fault to the next (default 3)
  --size <size>        simulated Internet: ${Object.keys(SIZES).join(', ')}
                       (default small)
  --scenario <name>    runs a scenario in place of drawn faults:
                       ${SCENARIO_NAMES.slice(0, 4).join(', ')},
                       ${SCENARIO_NAMES.slice(4).join(', ')};
                       all runs each of them, one after the other
  --replay <path>      repeats a run that was kept: starts the same system,
                       submits the same batches, and injects the same faults
                       at the same times after the start. The path is the
                       directory of the run, or its file run.json.
  --check <dir>        runs the checker on a run that was kept, and starts
                       nothing. Does not require root.
  --name <name>        name of the run: up to five lower-case letters and digits
                       (default chaos). Runs with different names can run at the
                       same time.
  --keep <dir>         directory in which runs are kept (default .revtr/chaos);
                       a run without violation is removed

Prints a line for each seed to standard error and a report as JSON to standard
output. The exit code is 1 if the checker found a violation, a fault could not
be injected or repaired, a process died without a fault, or no run shows
something about a kind of opt-out or kill switch, because no probe of this kind
had left before it: use more minutes, seeds or measurements. Requires root and
the Debian packages iproute2, libfaketime, nats-server, nftables, postgresql
and scamper.
docs/fault-tests.md describes the faults.
`;

const count = (most: number) => z.coerce.number().int().min(1).max(most);
const optionsSchema = z.strictObject({
  seed: z.coerce.number().int().min(0).default(1),
  seeds: count(1_000).default(1),
  minutes: z.coerce.number().positive().max(1_440).default(10),
  measurements: count(1_000_000).default(20_000),
  every: z.coerce.number().positive().max(3_600).default(3),
  size: z.custom<Size>((size) => typeof size === 'string' && isSize(size), 'unknown').default('small'),
  scenario: z.enum([...SCENARIO_NAMES, 'all']).optional(),
  replay: z.string().min(1).optional(),
  check: z.string().min(1).optional(),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,4}$/, 'a name is a lower-case letter and up to four lower-case letters or digits')
    .default('chaos'),
  keep: z.string().min(1).default('.revtr/chaos'),
  help: z.boolean().default(false),
});
export type ChaosOptions = z.infer<typeof optionsSchema>;

/** Options of a new run, which a run that was kept has in its record. */
const RECORDED = ['seed', 'seeds', 'minutes', 'measurements', 'every', 'size', 'scenario'] as const;

/** The options of the command. Prints what is wrong to standard error and returns `undefined` when they cannot be used. */
export function parseChaosOptions(args: readonly string[]): ChaosOptions | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ seed: text, seeds: text, minutes: text, measurements: text, every: text, size: text },
    ...{ scenario: text, replay: text, check: text, name: text, keep: text, help: flag },
  } as const;
  const { values } = parseOrExit(() => parseArgs({ args: [...args], options }), HELP);
  const kept = (['replay', 'check'] as const).find((name) => values[name] !== undefined);
  const recorded = RECORDED.find((name) => values[name] !== undefined);
  if (kept !== undefined && recorded !== undefined) {
    process.stderr.write(`chaos: --${recorded}: the record of the run has this; leave the option out with --${kept}\n`);
    return undefined;
  }
  const read = optionsSchema.safeParse({ ...values });
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues;
  process.stderr.write(`chaos: --${path.join('.')}: ${message}\n`);
  return undefined;
}
