import { benchAtlas } from './atlas.ts';
import { benchForwarding } from './forwarding.ts';
import { benchGeneration } from './generation.ts';
import { benchLink } from './link.ts';
import { benchListener } from './listener.ts';
import { benchPrefixTable } from './prefix-table.ts';
import { benchRanking } from './ranking.ts';
import { benchRealism } from './realism.ts';
import { benchThroughput } from './throughput.ts';
import { benchWarts } from './warts.ts';

const BENCHES: Readonly<Record<string, () => unknown>> = {
  atlas: benchAtlas,
  'prefix-table': benchPrefixTable,
  forwarding: benchForwarding,
  generation: benchGeneration,
  link: benchLink,
  listener: benchListener,
  ranking: benchRanking,
  realism: benchRealism,
  throughput: benchThroughput,
  warts: benchWarts,
};

const name = process.argv[2] ?? '';
const bench = BENCHES[name];
if (bench === undefined) {
  process.stderr.write(`npm run bench -- NAME\n\nNAME is one of ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(`${JSON.stringify(await bench(), null, 2)}\n`);
}
