import { PROFILES, type Profile, SIZES, type Size } from '@revtr/sim';
import { type Command, Option } from 'commander';
import type { OutputOptions } from '../output.ts';
import { readSeed } from './arguments.ts';

/** The options that choose a simulated Internet. */
export interface SimOptions extends OutputOptions {
  readonly seed: number;
  readonly size: Size;
  readonly profile: Profile;
}

/** Adds the options `--seed`, `--size` and `--profile`. */
export function withInternet(command: Command): Command {
  return command
    .option('--seed <number>', 'seed of the simulated Internet', readSeed, 1)
    .addOption(new Option('--size <size>', 'its size').choices(Object.keys(SIZES)).default('medium'))
    .addOption(new Option('--profile <profile>', 'its behaviour').choices(Object.keys(PROFILES)).default('kind'));
}
