import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { profilingEnvironment } from '../profile/other-process.ts';

/** Different pairs that the system offers. */
export const PAIRS = 20_000;

const systemSchema = z.object({
  url: z.string(),
  key: z.string(),
  pairs: z.array(z.object({ src: z.ipv4(), dst: z.ipv4() })).length(PAIRS),
});
/** What a system under load tells the process that loads it. */
export type SystemUnderLoad = z.infer<typeof systemSchema>;

/** Starts a simulated system in a separate process, which can be profiled: its profiles are in `directory`. */
export async function startSystemUnderLoad(
  directory: string,
): Promise<SystemUnderLoad & { readonly pid: number; stop(): Promise<void> }> {
  const child = fork(fileURLToPath(new URL('./system.ts', import.meta.url)), [directory], {
    env: { ...process.env, ...profilingEnvironment(directory) },
  });
  const ended = once(child, 'exit');
  const failed = ended.then(() => {
    throw new Error('the system under load ended before it was ready');
  });
  const [message] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => undefined);
  if (child.pid === undefined) throw new Error('the system under load could not be started');
  const stop = async (): Promise<void> => {
    child.disconnect();
    await ended;
  };
  return { ...systemSchema.parse(message), pid: child.pid, stop };
}
