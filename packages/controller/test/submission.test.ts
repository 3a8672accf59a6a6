import { NO_RELATIONS } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import { TargetPolicy } from '@revtr/probing';
import { Agents, Batches, SourceShares, type User, Users } from '@revtr/storage';
import { beforeEach, describe, expect, it } from 'vitest';
import { AgentDirectory } from '../src/agents/directory.ts';
import { SourceAccess } from '../src/agents/source-access.ts';
import type { AddressFacts } from '../src/facts/address-facts.ts';
import { ControllerError } from '../src/foundation/errors.ts';
import type { RequestedPair } from '../src/measurements/check-pairs.ts';
import { DestinationCheck } from '../src/measurements/destination-check.ts';
import { Submission } from '../src/measurements/submission.ts';
import { newUserLimits } from '../src/settings/defaults.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const SOURCE = '192.0.2.1';

describe('Submission', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let user: User;
  let asked: string[];
  let submission: Submission;
  let directory: AgentDirectory;
  let sources: SourceAccess;
  let source: Omit<Parameters<AgentDirectory['put']>[0], 'address'>;
  const pair = (destination: string, source = SOURCE): RequestedPair => ({
    source,
    destination,
    label: '',
    options: {},
  });
  const refusal = async (pairs: readonly RequestedPair[], skipInvalid = false): Promise<ControllerError> => {
    const error: unknown = await submission.submit(user, pairs, { skipInvalid }).catch((reason: unknown) => reason);
    if (!(error instanceof ControllerError)) throw new Error('the batch was not refused');
    return error;
  };
  beforeEach(async () => {
    clock = new ManualClock();
    asked = [];
    const { db } = database();
    const limits = { max_per_day: 10, max_parallel: 10, max_per_minute: 10 };
    user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...limits });
    directory = await AgentDirectory.open(new Agents(db));
    source = { kind: 'source', hostname: 's', site: '', user_id: user.id, state: 'ready' };
    await directory.put({ ...source, address: parseIpv4(SOURCE) });
    const facts: AddressFacts = {
      relations: NO_RELATIONS,
      ipToAs: { originOf: () => 1, prefixOf: () => undefined },
      knowsAllRoutes: true,
      asName: () => undefined,
      nameOf: async () => undefined,
      resolve: async (name) => {
        asked.push(name);
        return name.startsWith('known')
          ? [parseIpv4('6.0.0.9')]
          : name.startsWith('private')
            ? [parseIpv4('10.0.0.1')]
            : [];
      },
    };
    const destinationCheck = new DestinationCheck({ targetPolicy: new TargetPolicy({ testNetworks: [] }), facts });
    sources = new SourceAccess({ directory, shares: new SourceShares(db) });
    submission = new Submission(
      { maxBatch: 100, names: { mostNames: 5, concurrency: 2, totalMs: 1_000 } },
      { batches: new Batches(db), sources, clock, facts, destinationCheck, onAccepted: () => undefined },
    );
  });

  it('resolves no name of a batch that the limits of the user do not allow', async () => {
    await submission.submit(user, [pair('6.0.0.1'), pair('6.0.0.2')], { skipInvalid: false });
    const error = await refusal(Array.from({ length: 9 }, (_, i) => pair(`known${i}.example`)));
    expect(error).toMatchObject({
      code: 'quotaPerDay',
      status: 429,
      details: { allowed: 10, used: 2, asked: 9 },
      places: [],
    });
    expect(error.retryAfterSeconds).toBeGreaterThan(0);
    expect(asked).toEqual([]);
  });

  it('answers a repeated request with the batch of the first, whatever has changed since', async () => {
    const submit = (pairs: readonly RequestedPair[], idempotencyKey = 'key') =>
      submission.submit(user, pairs, { skipInvalid: true, idempotencyKey });
    const pairs = [pair('6.0.0.1'), pair('10.0.0.1')];
    const first = await submit(pairs);
    expect(first).toMatchObject({ rejected: [{ index: 1 }], isRepeated: false });
    await directory.put({ ...source, address: parseIpv4(SOURCE), state: 'withdrawn' });
    expect(await submit(pairs)).toEqual({ ...first, limits: [], isRepeated: true });
    await expect(submit([pair('6.0.0.2')])).rejects.toMatchObject({ code: 'idempotencyKeyReused', status: 422 });
    await expect(submit(pairs, 'another')).rejects.toMatchObject({ code: 'invalidPairs' });
  });

  it('refuses a batch whose user was disabled after the request was authenticated', async () => {
    await new Users(database().db).change(user.id, { disabledAt: new Date(0) });
    expect(await refusal([pair('6.0.0.1')])).toMatchObject({ code: 'unauthorized', status: 401 });
  });

  it('says that a batch above a limit of the user can never succeed, however long the user waits', async () => {
    const error = await refusal(Array.from({ length: 11 }, () => pair('6.0.0.1')));
    expect(error).toMatchObject({ code: 'batchTooLarge', status: 413, details: { size: 11, most: 10 } });
    expect(error.retryAfterSeconds).toBeUndefined();
    expect((await submission.submit(user, Array(10).fill(pair('6.0.0.1')), { skipInvalid: false })).limits).toEqual([
      expect.objectContaining({ limit: 'perDay', allowed: 10, used: 10 }),
      expect.objectContaining({ limit: 'parallel', allowed: 10, used: 10 }),
      expect.objectContaining({ limit: 'perMinute', allowed: 10, used: 10 }),
    ]);
  });

  it('lets a new user submit one batch of the largest size', () => {
    for (const maxBatch of [1, 20_000, 1_000_000])
      for (const limit of Object.values(newUserLimits(maxBatch))) expect(limit).toBeGreaterThanOrEqual(maxBatch);
  });

  it('measures to a source for those only whom its host permits', async () => {
    const { db } = database();
    const limits = { max_per_day: 10, max_parallel: 10, max_per_minute: 10 };
    const person = (email: string, role: User['role'] = 'user') =>
      new Users(db).ensure({ name: email, email, role, ...limits });
    const people = {
      owner: user,
      friend: await person('friend@revtr.example'),
      stranger: await person('stranger@revtr.example'),
      operator: await person('operator@revtr.example', 'operator'),
    };
    const [source] = directory.readySources();
    const allowed = async (): Promise<string[]> => {
      const names: string[] = [];
      for (const [name, someone] of Object.entries(people))
        try {
          await submission.submit(someone, [pair('6.0.0.1')], { skipInvalid: false });
          names.push(name);
        } catch (error) {
          // A source that is not for the user looks like one that does not exist.
          expect(error).toMatchObject({ code: 'invalidPairs', places: [{ code: 'unknownSource' }] });
        }
      return names;
    };
    expect(await allowed()).toEqual(['owner', 'friend', 'stranger', 'operator']);
    await sources.change(source, 'private', ['friend@revtr.example']);
    expect(await allowed()).toEqual(['owner', 'operator']);
    await sources.change(source, 'shared', ['Friend@revtr.example']);
    expect(await allowed()).toEqual(['owner', 'friend', 'operator']);
  });

  it('resolves no name of a batch that is refused for its other pairs', async () => {
    const error = await refusal([pair('known.example'), pair('10.0.0.1'), pair('known.example', '192.0.2.2')]);
    expect(error.code).toBe('invalidPairs');
    expect(error.places.map(({ at, code }) => [at, code])).toEqual([
      ['revtrs[1].dst', 'destinationNotAllowed'],
      ['revtrs[2].src', 'unknownSource'],
    ]);
    expect(asked).toEqual([]);
  });

  it('resolves no name of a pair whose source is unknown', async () => {
    const pairs = [pair('known.example'), pair('other.example', '192.0.2.2')];
    const { rejected } = await submission.submit(user, pairs, { skipInvalid: true });
    expect(asked).toEqual(['known.example']);
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([[1, 'unknownSource']]);
  });

  it('quotes no more than the beginning of a long text in a refusal', async () => {
    const long = 'x'.repeat(10_000);
    const pairs = [pair('6.0.0.1'), pair(long), pair('6.0.0.1', long), pair('6.0.0.1', `6.0.0.1${' '.repeat(10_000)}`)];
    const { rejected } = await submission.submit(user, pairs, { skipInvalid: true });
    expect(rejected).toHaveLength(3);
    for (const { message } of rejected) expect(message.length).toBeLessThan(350);
  });

  it('stores the addresses of names, and checks them like other addresses', async () => {
    const pairs = [pair('known.example'), pair('private.example'), pair('known.example'), pair('gone.example')];
    const { batchId, rejected } = await submission.submit(user, pairs, { skipInvalid: true });
    const rows = await new Batches(database().db).measurementsOf(batchId);
    expect(rows.map(({ destination }) => destination)).toEqual(['6.0.0.9', '6.0.0.9']);
    expect(rejected.map(({ at, code }) => [at, code])).toEqual([
      ['revtrs[1].dst', 'destinationNotAllowed'],
      ['revtrs[3].dst', 'unresolvedHost'],
    ]);
    expect(asked.toSorted()).toEqual(['gone.example', 'known.example', 'private.example']);
  });

  it('rejects the names of a batch that are too many', async () => {
    const pairs = Array.from({ length: 7 }, (_, i) => pair(`known${i}.example`));
    const { rejected } = await submission.submit(user, pairs, { skipInvalid: true });
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [5, 'tooManyNames'],
      [6, 'tooManyNames'],
    ]);
    expect(asked).toHaveLength(5);
  });

  it('says how large a batch may be', async () => {
    const error = await refusal(Array.from({ length: 101 }, () => pair('6.0.0.1')));
    expect(error).toMatchObject({ code: 'batchTooLarge', status: 413, details: { size: 101, most: 100 } });
    expect((await refusal([])).code).toBe('emptyBatch');
  });
});
