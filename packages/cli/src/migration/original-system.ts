import { createHash } from 'node:crypto';
import type { Migration } from '@revtr/client';
import { DatasetError, type MysqlRow } from '@revtr/datasets';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { z } from 'zod';
import { hostRow, parseRow, tracerouteRow, userRow } from './original-rows.ts';

/** A user or row that is not imported. */
export interface Skipped {
  readonly what: string;
  readonly reason: string;
}

/** A traceroute of the atlas of revtr 2.0 whose hops are to be read. */
export interface OriginalTraceroute {
  readonly id: number;
  readonly source: Ipv4Address;
  readonly origin: Ipv4Address;
  readonly platform: 'vantagePoint' | 'ripeAtlas';
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** How many traceroutes are not imported, by reason. */
export interface SkippedTraceroutes {
  /** Marked as stale by revtr 2.0. */
  stale: number;
  /** Measured for an evaluation. */
  otherPlatform: number;
  /** Others from the same place to the same source are newer. */
  superseded: number;
  /** A week older than the newest. */
  old: number;
  /** Their destination is no host of the dump. */
  noSource: number;
}

type User = Migration['users'][number];
type Host = Migration['hosts'][number];

/** Fewest characters of a key that is kept. This system stores keys without salt, so that nobody must be able to guess one. */
const LEAST_KEY = 16;
const MOST_ENTRIES = 100_000;
const MOST_TRACEROUTES = 2_000_000;
const MOST_KEYS = 20;
const MOST_AGE_MS = 7 * 86_400_000;
const NAME = 200;
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
/** The owner of hosts of M-Lab, which revtr 2.0 trusts without tests. */
const MLAB = 'mlab';

const line = (text: string, most: number): string => text.replace(INVISIBLE, ' ').trim().slice(0, most);

/** What the dumps of revtr 2.0 have of users, hosts and the atlas, collected row by row. */
export class OriginalSystem {
  readonly skipped: Skipped[] = [];
  readonly skippedTraceroutes: SkippedTraceroutes = { stale: 0, otherPlatform: 0, superseded: 0, old: 0, noSource: 0 };
  readonly #offsetMs: number;
  readonly #users = new Map<string, User>();
  readonly #hosts = new Map<
    Ipv4Address,
    { readonly hostname: string; readonly site: string; readonly owner?: string }
  >();
  readonly #traceroutes = new Map<string, OriginalTraceroute>();

  /** @param offsetMs how far the clock of the database was ahead of UTC, milliseconds */
  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs;
  }

  /** Takes a row of one of the tables that `isFirst` names. @throws {DatasetError} `tooLarge` */
  add(table: string, row: MysqlRow): void {
    if (table === 'users') this.#addUser(row);
    else if (table === 'atlas_traceroutes') this.#addTraceroute(row);
    else this.#addHost(row);
  }

  /** Users, one for each e-mail address, owners of hosts among them. */
  get users(): readonly User[] {
    return [...this.#users.values()];
  }

  /** Hosts: a source where somebody other than M-Lab owns it, or where atlas traceroutes lead to it, and otherwise a vantage point. */
  get hosts(): readonly Host[] {
    const targets = new Set([...this.#traceroutes.values()].map(({ source }) => source));
    return [...this.#hosts].map(([address, { hostname, site, owner }]) => ({
      address: formatIpv4(address),
      kind: owner !== undefined || targets.has(address) ? ('source' as const) : ('vantagePoint' as const),
      hostname: hostname === '' ? formatIpv4(address) : hostname,
      site,
      ...(owner !== undefined && { owner }),
    }));
  }

  /** The traceroutes that are young enough and lead to hosts, by id. Counts the others. */
  takeTraceroutes(): ReadonlyMap<number, OriginalTraceroute> {
    const newest = [...this.#traceroutes.values()].reduce((most, { at }) => Math.max(most, at), 0);
    const taken = new Map<number, OriginalTraceroute>();
    for (const traceroute of this.#traceroutes.values()) {
      if (!this.#hosts.has(traceroute.source)) this.skippedTraceroutes.noSource++;
      else if (traceroute.at < newest - MOST_AGE_MS) this.skippedTraceroutes.old++;
      else taken.set(traceroute.id, traceroute);
    }
    return taken;
  }

  #addUser(row: MysqlRow): void {
    const user = parseRow(userRow, row);
    const email = z.email().max(254).safeParse(user?.email.trim().toLowerCase()).data;
    const what = `user ${line(row.name ?? '', NAME)}`;
    if (user === undefined) {
      this.#skip(what, 'the row is damaged');
      return;
    }
    if (email === undefined) {
      this.#skip(what, 'has no e-mail address');
      return;
    }
    const { key, max_revtr_per_day: perDay, max_parallel_revtr: parallel } = user;
    const isKept = key.length >= LEAST_KEY;
    if (!isKept)
      this.#skip(`key of ${email}`, key === '' ? 'there is none' : `it has fewer than ${LEAST_KEY} characters`);
    const before = this.#users.get(email);
    const hashes = new Set(before?.keyHashes);
    if (isKept && hashes.size < MOST_KEYS) hashes.add(createHash('sha256').update(key).digest('hex'));
    this.#putUser({
      name: before?.name ?? line(user.name, NAME),
      email,
      ...limit('perDay', before?.perDay, perDay),
      ...limit('parallel', before?.parallel, parallel),
      keyHashes: [...hashes],
    });
  }

  #addHost(row: MysqlRow): void {
    const host = parseRow(hostRow, row);
    if (host === undefined) {
      this.#skip(`host ${row.hostname ?? ''}`, 'the row is damaged');
      return;
    }
    const { ip, owner = MLAB, email = '' } = host;
    const address = z.email().max(254).safeParse(email.trim().toLowerCase()).data;
    const owned = owner === MLAB ? undefined : address;
    if (owned !== undefined && !this.#users.has(owned))
      this.#putUser({ name: line(owner, NAME), email: owned, keyHashes: [] });
    const before = this.#hosts.get(ip);
    if (before === undefined && this.#hosts.size >= MOST_ENTRIES) throw tooMany(MOST_ENTRIES, 'hosts');
    const known = before?.owner ?? owned;
    this.#hosts.set(ip, {
      hostname: line(host.hostname, 253),
      site: line(host.site, NAME),
      ...(known !== undefined && { owner: known }),
    });
  }

  #addTraceroute(row: MysqlRow): void {
    const traceroute = parseRow(tracerouteRow, row);
    if (traceroute === undefined) {
      this.#skip(`traceroute ${row.Id ?? ''}`, 'the row is damaged');
      return;
    }
    const { Id: id, dest: source, src: origin, platform: name, date, stale } = traceroute;
    const platform = name === 'ripe' ? 'ripeAtlas' : /^mlab(_initial_.*)?$/.test(name) ? 'vantagePoint' : undefined;
    if (stale !== 0) this.skippedTraceroutes.stale++;
    else if (platform === undefined) this.skippedTraceroutes.otherPlatform++;
    else {
      const key = `${source} ${origin} ${platform}`;
      const before = this.#traceroutes.get(key);
      const at = date - this.#offsetMs;
      if (before !== undefined) this.skippedTraceroutes.superseded++;
      else if (this.#traceroutes.size >= MOST_TRACEROUTES) throw tooMany(MOST_TRACEROUTES, 'atlas traceroutes');
      if (before === undefined || before.at < at) this.#traceroutes.set(key, { id, source, origin, platform, at });
    }
  }

  #putUser(user: User): void {
    if (!this.#users.has(user.email) && this.#users.size >= MOST_ENTRIES) throw tooMany(MOST_ENTRIES, 'users');
    this.#users.set(user.email, user);
  }

  #skip(what: string, reason: string): void {
    if (this.skipped.length < MOST_ENTRIES) this.skipped.push({ what, reason });
  }
}

/** The higher of two limits, where there is one. */
const limit = <Name extends string>(name: Name, ...limits: (number | undefined)[]): Partial<Record<Name, number>> => {
  const given = limits.filter((value) => value !== undefined);
  const record: Partial<Record<Name, number>> = {};
  if (given.length > 0) record[name] = Math.min(Math.max(...given), 1_000_000_000);
  return record;
};

const tooMany = (limit: number, what: string): DatasetError =>
  new DatasetError('tooLarge', `the dump has more than ${limit} ${what}`, { limit, unit: 'entries' });
