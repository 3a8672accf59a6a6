import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { parseOrExit } from '../command-line.ts';
import { KernelLabError } from '../namespaces/errors.ts';
import { judgeScenarios } from './commands/judge.ts';
import { down, up } from './commands/up.ts';

const HELP = `npm run lab -- up FILE     build a network of Linux routers from a topology
                           file and run the system on it until Ctrl-C
npm run lab -- down        stop the system and remove the network
npm run lab -- judge [FILE...]
                           compare measured paths with the true ones in the
                           scenarios of this package, or in topology files
npm run lab -- test        run the tests of the kernel lab

  --name NAME              name of the lab: up to five lower-case letters and
                           digits (default rlab). Labs with different names run
                           side by side.
  --port PORT              up: port of the API; 0 selects a free port (default
                           REVTR_PORT, then 8080)
  --control-address IPV4   up: address of the controller, which no node may have
                           (default 192.168.255.1)
  --before-start COMMAND   up: run a command when the network is built and
                           before programs start. Spaces separate its arguments;
                           no shell interprets it.
  --random SEED            judge: run a random topology
  --json                   judge: print the results as JSON

Requires root and the Debian packages iproute2, nftables, procps and scamper.
docs/kernel-lab.md describes the topology file.
`;

const optionsSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,4}$/, 'a name is a lower-case letter and up to four lower-case letters or digits')
    .default('rlab'),
  port: z.coerce.number().int().min(0).max(65_535).optional(),
  'control-address': z.ipv4().optional(),
  'before-start': z.string().min(1).optional(),
  random: z.coerce.number().int().min(0).optional(),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});

function test(): number {
  const vitest = join(import.meta.dirname, '../../../../node_modules/.bin/vitest');
  const suites = [
    'topology',
    'kernel-lab',
    'kernel-network',
    'kernel-scenarios',
    'scamper-prober',
    'link-prober',
    'tun',
  ].map((name) => `packages/lab/test/${name}.test.ts`);
  return spawnSync(vitest, ['run', ...suites], { stdio: 'inherit' }).status ?? 1;
}

async function main(args: readonly string[]): Promise<number> {
  const options = {
    name: { type: 'string' },
    port: { type: 'string' },
    'control-address': { type: 'string' },
    'before-start': { type: 'string' },
    random: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseOrExit(
    () => parseArgs({ args: [...args], allowPositionals: true, options }),
    HELP,
  );
  const read = optionsSchema.safeParse({ ...values });
  if (!read.success) {
    const [{ path, message }] = read.error.issues;
    process.stderr.write(`lab: --${path.join('.')}: ${message}\n`);
    return 2;
  }
  const { name, port, random, json, help, 'control-address': controlAddress, 'before-start': beforeStart } = read.data;
  const [command, ...files] = help ? [] : positionals;
  if (command === 'up' && files.length === 1)
    return up(files[0], {
      name,
      port: port ?? Number(process.env.REVTR_PORT ?? 8080),
      ...(controlAddress !== undefined && { controlAddress }),
      ...(beforeStart !== undefined && { beforeStart }),
    });
  if (command === 'down') return down(name);
  if (command === 'judge')
    return judgeScenarios({ name, files, isJson: json, ...(random !== undefined && { seed: random }) });
  if (command === 'test') return test();
  const isHelp = help || command === 'help';
  (isHelp ? process.stdout : process.stderr).write(HELP);
  return isHelp ? 0 : 2;
}

// A reader that has ended, for example after Ctrl-C in a pipe, must not end this process before the lab is removed (EPIPE).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isExpected =
    error instanceof KernelLabError || error instanceof SyntaxError || (error instanceof Error && 'code' in error);
  if (!isExpected) throw error;
  process.stderr.write(`lab: ${error.message}\n`);
  process.exitCode = 1;
}
