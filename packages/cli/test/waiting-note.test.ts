import { ClientError, type WaitingTime } from '@revtr/client';
import { describe, expect, it } from 'vitest';
import { noteWaiting } from '../src/commands/waiting-note.ts';

async function shown(answer: WaitingTime | ClientError): Promise<readonly string[]> {
  const texts: string[] = [];
  const over = new AbortController();
  const waiting = async () => {
    // The next question would be due in five seconds.
    setImmediate(() => over.abort());
    if (answer instanceof ClientError) throw answer;
    return answer;
  };
  await noteWaiting({ waiting }, 7, { show: (text) => texts.push(text), signal: over.signal });
  return texts;
}

describe('noteWaiting', () => {
  it.each<[WaitingTime, string]>([
    [{ queued: 5, running: 0, startsInSeconds: 40, endsInSeconds: 130 }, 'begins in about 40 s, ends in about 2 min'],
    [{ queued: 5, running: 1, startsInSeconds: 0, endsInSeconds: 7_300 }, 'ends in about 2.0 h'],
    [{ queued: 5, running: 1 }, '5 wait'],
    [{ queued: 0, running: 0, startsInSeconds: 0, endsInSeconds: 0 }, ''],
  ])('says %j as "%s"', async (answer, text) => {
    expect(await shown(answer)).toEqual([text]);
  });

  it('says nothing about a server that does not know the request', async () => {
    expect(await shown(new ClientError('unreachable', 'away', { server: 'x', reason: 'y' }))).toEqual([]);
  });
});
