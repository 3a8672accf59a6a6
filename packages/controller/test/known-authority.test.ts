import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agents, AuthorityRoot, type Database, openDatabase } from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../storage/test/postgres-server.ts';
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
  });
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
    await expect(begin('first')).rejects.toThrow('contains no certificate authority');
    expect(has('first')).toBe(false);
  });

  it('lets one of two gateways create an authority that start at the same time', async () => {
    const outcomes = await Promise.allSettled([begin('first'), begin('other')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect([has('first'), has('other')].sort()).toEqual([false, true]);
  });

  it('refuses to create an authority for a database of an earlier version whose agents trust another one', async () => {
    const agents = new Agents(database.db);
    const address = '192.0.2.1';
    await agents.put({ address, kind: 'source', hostname: 'a.example', site: 'a', state: 'ready', user_id: null });
    await agents.change(address, { certificate_serial: '01' });
    await expect(begin('first')).rejects.toThrow('adopt-authority');
    expect(has('first')).toBe(false);
  });

  it('takes an authority that was adopted, and refuses the one before', async () => {
    await begin('first');
    await adoptAuthority(place('new'), { db: database.db, now });
    await begin('new');
    await expect(begin('first')).rejects.toThrow(ForeignAuthorityError);
  });
});

it('lets two gateways that share a directory create one authority', async () => {
  const server = await startPostgres();
  const open = () => openDatabase({ kind: 'postgres', url: server.url });
  const databases = [await open(), await open()];
  await Promise.all(databases.map(({ db }) => requireKnownAuthority(place('shared'), { db, now, log })));
  expect(await new AuthorityRoot(databases[0].db).fingerprint()).toBe(opensslFingerprint('shared'));
  const file = (name: string): string => join(place('shared'), `${name}.crt`);
  for (const name of ['controller', 'grant-signer'])
    execFileSync('openssl', ['verify', '-CAfile', file('root'), '-untrusted', file('intermediate'), file(name)]);
  for (const database of databases) await database.close();
  await server.stop();
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

  it('refuses a directory without a database', async () => {
    const request = { database: { kind: 'embedded', directory: place('data') }, authority: place('new') } as const;
    const adopting = runAdoptAuthority(request, { write: () => undefined, signal: new AbortController().signal, now });
    await expect(adopting).rejects.toMatchObject({ code: 'noDatabase' });
    expect(has('new')).toBe(false);
  });

  it('replaces the authority of a database, and creates a new one where there is none', async () => {
    const server = await startPostgres();
    const settings = { kind: 'postgres', url: server.url } as const;
    const lines: string[] = [];
    const adopt = (signal = new AbortController().signal) =>
      runAdoptAuthority(
        { database: settings, authority: place('new') },
        { write: (line) => void lines.push(line), signal, now },
      );
    const { db, close } = await openDatabase(settings);
    const begin = (name: string): Promise<void> => requireKnownAuthority(place(name), { db, now, log });
    await expect(adopt()).rejects.toThrow('no controller has used this database');
    // There is no user yet: a start that failed later has left only this.
    await begin('first');
    await expect(adopt(AbortSignal.abort())).rejects.toThrow('aborted');
    expect(has('new')).toBe(false);
    await adopt();
    expect(lines.join()).toContain(opensslFingerprint('new'));
    await begin('new');
    await expect(begin('first')).rejects.toThrow(opensslFingerprint('new'));
    await close();
    await server.stop();
  });

  it('refuses a directory whose root is damaged', async () => {
    const database = await openDatabase({ kind: 'memory' });
    await requireKnownAuthority(place('first'), { db: database.db, now, log });
    writeFileSync(join(place('first'), 'root.crt'), 'damaged');
    await expect(requireKnownAuthority(place('first'), { db: database.db, now, log })).rejects.toThrow(
      'not a certificate in PEM form',
    );
    await database.close();
  });
});
