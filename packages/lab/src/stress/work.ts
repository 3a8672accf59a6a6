import { SCENARIOS } from './scenarios.ts';

/** Runs one scenario once, in this process: a crash ends nothing else. */
await SCENARIOS[process.argv[2]].work();
