import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase, Users } from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptAuthority, ForeignAuthorityError, requireKnownAuthority } from '../src/authority/known-authority.ts';
import { readAdoptRequest, runAdoptAuthority } from '../src/commands/adopt-authority.ts';

const now = new Date();
const log = pino({ level: 'silent' });
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-known-authority-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const place = (name: string): string => join(directory, name);
const has = (name: string): boolean => existsSync(join(place(name), 'root.crt'));
/** What openssl says about the root in a directory. */
const opensslFingerprint = (name: string): string =>
  execFileSync('openssl', ['x509', '-in', join(place(name), 'root.crt'), '-noout', '-fingerprint', '-sha256'], {
    encoding: 'utf8',
  })
    .split('=')[1]
    .trim();

describe('requireKnownAuthority', () => {
  let database: Database;
  beforeEach(async () => {
    database = await openDatabase({ kind: 'memory' });
  }, 60_000);
  afterEach(() => database.close());
  const begin = (name: string): Promise<void> => requireKnownAuthority(place(name), { db: database.db, now, log });

  it('creates the authority of a new database, and knows it again and in a copy', async () => {
    await begin('first');
    expect(has('first')).toBe(true);
    await begin('first');
    cpSync(place('first'), place('copy'), { recursive: true });
    await begin('copy');
  });

  it('takes the authority that there is for that of a database of an earlier version', async () => {
    await begin('first');
    await database.db.deleteFrom('authority_root').execute();
    const before = readFileSync(join(place('first'), 'root.crt'), 'utf8');
    await begin('first');
    expect(readFileSync(join(place('first'), 'root.crt'), 'utf8')).toBe(before);
  });

  it('refuses another authority, with both fingerprints', async () => {
    await begin('first');
    const other = await openDatabase({ kind: 'memory' });
    await requireKnownAuthority(place('other'), { db: other.db, now, log });
    await other.close();
    const refusal = begin('other');
    await expect(refusal).rejects.toThrow(ForeignAuthorityError);
    for (const name of ['first', 'other']) await expect(refusal).rejects.toThrow(opensslFingerprint(name));
    await expect(refusal).rejects.toThrow(place('other'));
  });

  it('refuses a lost authority, and creates none in its place', async () => {
    await begin('first');
    rmSync(place('first'), { recursive: true });
    await expect(begin('first')).rejects.toThrow('has no certificate authority');
    expect(has('first')).toBe(false);
  });

  it('lets one of two gateways go on that create an authority at the same time', async () => {
    const outcomes = await Promise.allSettled([begin('first'), begin('other')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('takes an authority that was adopted, and refuses the one before', async () => {
    await begin('first');
    await adoptAuthority(place('new'), { db: database.db, now });
    await begin('new');
    await expect(begin('first')).rejects.toThrow(ForeignAuthorityError);
  });
});

describe('adopt-authority', () => {
  it('takes a database and a directory', () => {
    expect(readAdoptRequest(['.revtr/data', '.revtr/authority'])).toEqual({
      database: { kind: 'embedded', directory: '.revtr/data' },
      authority: '.revtr/authority',
    });
  });

  it.each([
    { args: [], problem: 'takes a database and a directory' },
    { args: ['data'], problem: 'takes a database and a directory' },
    { args: ['data', 'authority', 'third'], problem: 'takes a database and a directory' },
    { args: ['memory:', 'authority'], problem: 'stores nothing' },
    { args: ['data', 'authority', '--force'], problem: 'no option --force' },
  ])('refuses $args', ({ args, problem }) => {
    expect(readAdoptRequest(args)).toContain(problem);
  });

  it('replaces the authority of a database, and creates a new one where there is none', async () => {
    const settings = { kind: 'embedded', directory: place('data') } as const;
    const lines: string[] = [];
    const adopt = () =>
      runAdoptAuthority(
        { database: settings, authority: place('new') },
        { write: (line) => void lines.push(line), now },
      );
    await expect(adopt()).rejects.toMatchObject({ code: 'noDatabase' });
    const database = await openDatabase(settings);
    await requireKnownAuthority(place('first'), { db: database.db, now, log });
    await expect(adopt()).rejects.toMatchObject({ code: 'directoryInUse' });
    await database.close();
    await expect(adopt()).rejects.toThrow('no controller has used this database');
    const used = await openDatabase(settings);
    await new Users(used.db).create({
      ...{ name: 'A', email: 'a@example.net', role: 'operator', max_per_day: 1, max_parallel: 1, max_per_minute: 1 },
    });
    await used.close();
    expect(has('new')).toBe(false);
    await adopt();
    expect(lines.join()).toContain(opensslFingerprint('new'));
    const after = await openDatabase(settings);
    await requireKnownAuthority(place('new'), { db: after.db, now, log });
    await expect(requireKnownAuthority(place('first'), { db: after.db, now, log })).rejects.toThrow(
      opensslFingerprint('new'),
    );
    await after.close();
  }, 60_000);

  it('refuses a directory whose root is damaged', async () => {
    const database = await openDatabase({ kind: 'memory' });
    await requireKnownAuthority(place('first'), { db: database.db, now, log });
    writeFileSync(join(place('first'), 'root.crt'), 'damaged');
    await expect(requireKnownAuthority(place('first'), { db: database.db, now, log })).rejects.toThrow(
      'not a certificate in PEM form',
    );
    await database.close();
  }, 60_000);
});
