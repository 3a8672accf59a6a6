import { parseArgs } from 'node:util';
import { SIZES, type Size } from '@revtr/sim';
import { evaluate, PLANS } from './evaluate.ts';
import { renderEvaluation } from './render.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    size: { type: 'string', default: 'medium' },
    pairs: { type: 'string', default: '1000' },
    plan: { type: 'string', default: Object.keys(PLANS).join(',') },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `npm run evaluate -- [options]

Measures random pairs on a simulated Internet by each plan and judges the results against the truth.

  --seed <n>      which simulated Internet and which pairs; default 1
  --size <size>   ${Object.keys(SIZES).join(', ')}; default medium
  --pairs <n>     how many pairs; default 1000
  --plan <names>  plans, separated by commas: ${Object.keys(PLANS).join(', ')}; default all
  --json          print the figures as JSON
`;

const isSize = (text: string): text is Size => text in SIZES;

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [seed, pairs] = [Number(values.seed), Number(values.pairs)];
  const plans = values.plan.split(',').map((name) => PLANS[name]);
  const { size } = values;
  if (
    !Number.isSafeInteger(seed) ||
    !(Number.isInteger(pairs) && pairs > 0) ||
    !isSize(size) ||
    plans.some((plan) => plan === undefined)
  ) {
    process.stderr.write(HELP);
    return 2;
  }
  const onProgress = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  const evaluation = await evaluate({ seed, size, pairs, plans, onProgress });
  process.stdout.write(values.json ? `${JSON.stringify(evaluation, null, 2)}\n` : renderEvaluation(evaluation));
  return 0;
}

process.exitCode = await main();
