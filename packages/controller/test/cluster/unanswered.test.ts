import { BusError } from '@revtr/bus';
import { describe, expect, it } from 'vitest';
import { isUnanswered, unanswered } from '../../src/cluster/unanswered.ts';

const WORDS = { nobody: 'no process tests agents', somebody: 'the process that tests agents' };

describe('a request that no process has answered', () => {
  it('may be repeated after a while where the process has too many', () => {
    const error = unanswered(new BusError('overloaded', 'too many requests wait', { limit: 1 }), WORDS);
    expect(error).toMatchObject({
      code: 'tooManyRequests',
      message: 'the process that tests agents has too many requests at this moment: try again later',
      retryAfterSeconds: 10,
    });
  });

  it.each(['notServed', 'peerLost'] as const)('is taken over by another process after %s', (code) => {
    const error = unanswered(new BusError(code, 'nobody serves it', { service: 'agent-tests', name: 'all' }), WORDS);
    expect(error).toMatchObject({
      code: 'upstreamFailed',
      message: 'no process tests agents at this moment: try again in 10 seconds',
    });
  });

  it.each([
    new Error('cancelled'),
    new BusError('failed', 'agent-tests all: too small', { service: 'agent-tests', name: 'all' }),
    new BusError('closed', 'the stream was closed', {}),
    new BusError('messageTooLarge', 'a message holds 9 bytes, more than 8', { name: 'agent-tests', bytes: 9, most: 8 }),
  ])('keeps an error that another process would not avert: %s', (error) => {
    expect(unanswered(error, WORDS)).toBe(error);
    expect(isUnanswered(error)).toBe(false);
  });
});
