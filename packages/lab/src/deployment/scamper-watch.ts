import { z } from 'zod';
import { LogTail } from './log-tail.ts';
import { describeEnd } from './program-ends.ts';

/** What an agent logs when its scamper has ended. */
const scamperEndSchema = z.object({
  msg: z.literal('scamper ended; it is restarted'),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  output: z.string(),
});

const POLL_MS = 100;

/**
 * Watches the logs of agents for ends of scamper, which its agent restarts.
 * @param logFiles by the name of the host
 * @param report receives a description of each end
 * @returns a function that stops watching
 */
export function watchScampers(logFiles: ReadonlyMap<string, string>, report: (message: string) => void): () => void {
  const tails = [...logFiles].map(([host, path]) => ({ host, tail: new LogTail(path) }));
  const timer = setInterval(() => {
    for (const { host, tail } of tails)
      for (const line of tail.read()) {
        const end = scamperEndOf(line);
        if (end === undefined) continue;
        const output = end.output === '' ? '' : ` Its last output:\n${end.output}`;
        report(`scamper of ${host} ended with ${describeEnd(end)}; the agent restarts it.${output}`);
      }
  }, POLL_MS);
  return () => clearInterval(timer);
}

function scamperEndOf(line: string): z.infer<typeof scamperEndSchema> | undefined {
  try {
    return scamperEndSchema.safeParse(JSON.parse(line)).data;
  } catch {
    // A line that another library printed.
    return undefined;
  }
}
