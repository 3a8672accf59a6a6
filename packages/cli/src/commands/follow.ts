import { type Batch, type BatchEvent, ClientError, type ReverseTracerouteClient } from '@revtr/client';
import type { Context } from '../context.ts';
import { labelOfTechnique } from '../render/measurement/techniques.ts';
import { StatusLine } from '../status-line.ts';
import { noteWaiting } from './waiting-note.ts';

/** How a command shows that a batch goes on. */
export interface FollowOptions {
  /** Whether the hops of each path are shown as they are found. Default: only the number of measurements that have ended. */
  readonly paths?: boolean;
}

/**
 * Waits for the end of a batch, with progress on standard error if that is a screen. Ctrl-C ends the waiting, not the batch: it says how to go
 * on. @throws {ClientError} `cancelled` after Ctrl-C
 */
export async function follow(
  client: ReverseTracerouteClient,
  batchId: number,
  { paths = false }: FollowOptions,
  { terminal, output }: Context,
): Promise<Batch> {
  const signal = terminal.interruption?.();
  const status = new StatusLine(terminal);
  const over = new AbortController();
  let [progress, waiting] = ['', ''];
  const showProgress = (): void => status.show([progress, waiting].filter((text) => text !== '').join(', '));
  const noted = terminal.isWatched
    ? noteWaiting(client.withSignal(over.signal), batchId, {
        signal: over.signal,
        show: (text) => {
          // Between the hops, the time is said once, if there is something to wait for.
          if (paths && waiting === '' && text.startsWith('begins')) status.line(text);
          waiting = text;
          if (!paths) showProgress();
        },
      })
    : undefined;
  try {
    return await client.wait(batchId, {
      paths: paths && terminal.isWatched,
      ...(signal !== undefined && { signal }),
      onEvent: (event) => {
        const text = paths ? hopOf(event) : progressOf(event);
        if (text === undefined) return;
        if (paths) return status.line(text);
        progress = text;
        showProgress();
      },
    });
  } catch (error) {
    if (error instanceof ClientError && error.code === 'cancelled') {
      status.leaveInterrupted();
      output.note(
        `batch ${batchId} goes on: "revtr fetch --batch ${batchId} --follow" waits for it, "revtr cancel ${batchId}" cancels it`,
      );
    }
    throw error;
  } finally {
    over.abort();
    await noted;
    status.end();
  }
}

function hopOf(event: BatchEvent): string | undefined {
  const last = event.type === 'path' ? event.hops.at(-1) : undefined;
  return event.type !== 'path' || last === undefined
    ? undefined
    : `  hop ${event.hops.length}: ${last.address}, ${labelOfTechnique(last.technique)}`;
}

const progressOf = (event: BatchEvent): string | undefined =>
  event.type === 'progress' ? `${event.done} of ${event.total} done` : undefined;
