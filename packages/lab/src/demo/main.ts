import { parseArgs } from 'node:util';
import { parseOrExit } from '../command-line.ts';
import { runDemo } from './demo.ts';

const HELP = `npm run demo -- [options]

Runs the whole Reverse Traceroute system in one process on a simulated Internet.

  --once          measure one reverse traceroute and exit
  --json          print the result as JSON and messages to standard error
  --seed <n>      seed of the simulated Internet; default 1
  --size <size>   small, medium or large; default medium
  --fast          let virtual time run as fast as the machine allows:
                  measurements take less time, and their times run ahead of the
                  clock of the machine
  --scenario detour
                  show a detour of the traffic back to a source, and what
                  removes it (docs/case-study.md); it has its own seed and size

REVTR_PORT sets the port of the API (default 8080), REVTR_DATABASE the database
(default memory:), and REVTR_ARCHIVE the directory of the public archive, which
the demo writes every minute (default: no archive).
`;

const { values } = parseOrExit(
  () =>
    parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        size: { type: 'string', default: 'medium' },
        scenario: { type: 'string' },
        fast: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }),
  HELP,
);

if (values.help) {
  process.stdout.write(HELP);
} else {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  process.exitCode = await runDemo(values, stop.signal);
}
