import { parseIpv4 } from '@revtr/net';
import { describe, expect, it, vi } from 'vitest';
import {
  AgentSession,
  AgentWork,
  LinkError,
  type Outcome,
  readToController,
  type ToAgent,
  type Work,
} from '../src/index.ts';

const address = parseIpv4('192.0.2.1');
const profile = { software: 'test', window: 2, senderOnly: false, selfTests: [] };
const work = (): Work => ({ kind: 'emit', grant: 'x' });
const OPTIONS = { timeoutMs: 60_000 };

/** A session whose agent answers nothing by itself. */
function connected(predecessor?: AgentSession): { session: AgentSession; given: number[] } {
  const session = new AgentSession({ address, profile, predecessor });
  const given: number[] = [];
  session.attach((message: ToAgent) => {
    if (message.type === 'work') given.push(message.id);
  }, new Set());
  return { session, given };
}

describe('a session', () => {
  it('gives work in order, no more at once than the agent asked for', async () => {
    const { session, given } = connected();
    const results = [0, 1, 2, 3].map(() => session.run(work, OPTIONS));
    expect(given).toEqual([0, 1]);
    session.receive(1, { kind: 'emit' });
    expect(given).toEqual([0, 1, 2]);
    for (const id of [0, 2, 3]) session.receive(id, { kind: 'emit' });
    expect(await Promise.all(results)).toHaveLength(4);
    expect(session.unfinished).toBe(0);
  });

  it('tells when work has left the queue: the agent has it, or is away', () => {
    const { session } = connected();
    const left: number[] = [];
    const run = (i: number): void =>
      void session.run(work, { ...OPTIONS, onGiven: () => left.push(i) }).catch(() => undefined);
    for (const i of [0, 1, 2, 3]) run(i);
    expect(left).toEqual([0, 1]);
    session.receive(0, { kind: 'emit' });
    expect(left).toEqual([0, 1, 2]);
    session.detach();
    run(4);
    expect(left).toEqual([0, 1, 2, 3, 4]);
    session.end('over');
  });

  it('gives up work that waits for very long for an agent that never answers', async () => {
    vi.useFakeTimers();
    try {
      const session = new AgentSession({ address, profile: { ...profile, window: 1 } });
      session.attach(() => undefined, new Set());
      const codes: unknown[] = [];
      for (let i = 0; i < 100; i++)
        session.run(work, OPTIONS).catch((error: unknown) => codes.push(LinkError.is(error, 'closed')));
      await vi.advanceTimersByTimeAsync(700_000);
      expect(session.unfinished).toBe(0);
      expect(codes).toEqual(Array(100).fill(true));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('acknowledges many outcomes, and cancels many pieces of work, with one message', async () => {
    const session = new AgentSession({ address, profile: { ...profile, window: 10 } });
    const messages: ToAgent[] = [];
    session.attach((message) => messages.push(message), new Set());
    const cancel = new AbortController();
    const results = [0, 1, 2, 3].map((i) =>
      session.run(work, { ...OPTIONS, ...(i > 1 && { signal: cancel.signal }) }).catch(() => undefined),
    );
    for (const id of [0, 1]) session.receive(id, { kind: 'emit' });
    cancel.abort();
    await Promise.all(results);
    await vi.waitFor(() => expect(messages).toContainEqual({ type: 'received', ids: [0, 1] }));
    expect(messages.filter(({ type }) => type !== 'work').toSorted((a, b) => (a.type < b.type ? -1 : 1))).toEqual([
      { type: 'cancel', ids: [2, 3] },
      { type: 'received', ids: [0, 1] },
    ]);
  });

  it('sends again what the agent does not know after a connection broke, and cancels unwanted work', () => {
    const { session } = connected();
    void session.run(work, OPTIONS).catch(() => undefined);
    void session.run(work, OPTIONS).catch(() => undefined);
    session.detach();
    const messages: ToAgent[] = [];
    session.attach((message) => messages.push(message), new Set([1, 99]));
    expect(messages).toEqual([
      { type: 'work', id: 0, work: work() },
      { type: 'cancel', ids: [99] },
    ]);
    session.end('over');
  });

  it('accepts the outcome of a piece of work once', async () => {
    const { session } = connected();
    const result = session.run(work, OPTIONS);
    session.receive(0, { kind: 'emit' });
    session.receive(0, { kind: 'failed', code: 'proberStopped', message: 'again' });
    session.receive(4_711, { kind: 'emit' });
    expect(await result).toEqual({ kind: 'emit' });
  });

  it('forwards later calls to the session of the next run of the agent', async () => {
    const { session: first, given: before } = connected();
    const early = first.run(work, OPTIONS);
    const { session: second, given } = connected(first);
    const late = first.run(work, OPTIONS);
    expect([before, given]).toEqual([[0], [0, 1]]);
    for (const id of given) second.receive(id, { kind: 'emit' });
    expect(await Promise.all([early, late])).toHaveLength(2);
  });

  it('gives the same work to at most two runs of an agent', async () => {
    const { session: first } = connected();
    const result = first.run(work, OPTIONS).catch((error: Error) => error.message);
    const { session: second } = connected(first);
    connected(second);
    expect(await result).toContain('restarted several times');
  });

  it('cancels work that a later session took over', async () => {
    const { session: first } = connected();
    const cancel = new AbortController();
    const result = first.run(work, { ...OPTIONS, signal: cancel.signal });
    const { session: second } = connected(first);
    cancel.abort();
    await expect(result).rejects.toMatchObject({ code: 'cancelled' });
    expect([first.unfinished, second.unfinished]).toEqual([0, 0]);
  });

  it('rejects all work after its end', async () => {
    const { session } = connected();
    const pending = session.run(work, OPTIONS);
    session.end('the agent left');
    await expect(pending).rejects.toMatchObject({ code: 'closed', message: 'the agent left' });
    await expect(session.run(work, OPTIONS)).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('the outcomes of an agent', () => {
  /** What the controller reads when the work of an agent comes to this. */
  async function reported(outcome: Outcome | Error): Promise<Outcome> {
    const sent: string[] = [];
    const perform = async (): Promise<Outcome> => {
      if (outcome instanceof Error) throw outcome;
      return outcome;
    };
    const agent = new AgentWork({ perform });
    agent.welcome('session', false, (message) => sent.push(JSON.stringify(message)));
    agent.receive({ type: 'work', id: 7, work: work() });
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    // The next connection begins with what is not acknowledged.
    agent.welcome('session', true, (message) => sent.push(JSON.stringify(message)));
    const [first, again] = sent.map(readToController);
    expect(again).toEqual(first);
    if (first.type !== 'done') throw new Error(first.type);
    return first.outcome;
  }

  it('arrive as they are', async () => {
    const caught: Outcome = { kind: 'catch', packet: Buffer.alloc(3_072).toString('base64') };
    const refused: Outcome = { kind: 'failed', code: 'targetRefused', message: 'no', retryAfterMs: 5 };
    for (const outcome of [caught, refused]) expect(await reported(outcome)).toEqual(outcome);
  });

  it('have messages of at most 1,000 characters', async () => {
    const long = { kind: 'failed', code: 'invalidRequest', message: 'x'.repeat(5_000) } as const;
    expect(await reported(long)).toEqual({ ...long, message: 'x'.repeat(1_000) });
    const thrown = { kind: 'failed', code: 'proberStopped', message: 'y'.repeat(1_000) };
    expect(await reported(new Error('y'.repeat(5_000)))).toEqual(thrown);
  });

  it('are failures where the controller would end the connection', async () => {
    const reply = { from: address, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 1 };
    for (const outcome of [
      { kind: 'catch', packet: Buffer.alloc(3_073).toString('base64') },
      { kind: 'ping', sentAt: 0, reply: { ...reply, recordRoute: Array(10).fill(address) } },
      { kind: 'ping', sentAt: 0, reply: { ...reply, rttMs: Number.NaN } },
    ] as const)
      expect(await reported(outcome)).toMatchObject({ kind: 'failed', code: 'proberStopped' });
  });
});
