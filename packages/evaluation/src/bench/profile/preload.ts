import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILE_DIRECTORY, profileName } from './other-process.ts';
import { sampling } from './sampling.ts';

/** Loaded before the program of a process that is measured: the first SIGUSR2 begins a profile, and the second one writes it. */
let stop: Awaited<ReturnType<typeof sampling>> | undefined;

async function toggle(): Promise<void> {
  if (stop === undefined) {
    stop = await sampling();
    return;
  }
  const profile = await stop();
  stop = undefined;
  const file = join(process.env[PROFILE_DIRECTORY] ?? '.', profileName(process.pid));
  writeFileSync(`${file}.part`, JSON.stringify(profile));
  renameSync(`${file}.part`, file);
}

process.on('SIGUSR2', () => void toggle());
