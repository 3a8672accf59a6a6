import type { MysqlRow } from '@revtr/datasets';
import { z } from 'zod';

/** A time as MySQL writes it, without a time zone, as milliseconds since the Unix epoch in UTC. `undefined` if it is none. */
function readDateTime(text: string): number | undefined {
  const [, ...parts] = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d+)?$/.exec(text) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number);
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  return Number.isNaN(at) ? undefined : at;
}

const unsigned = z
  .string()
  .regex(/^\d{1,10}$/)
  .transform(Number)
  .pipe(z.int().max(2 ** 32 - 1));
const text = z.string().max(1_000);
const optionalLimit = unsigned.nullish().transform((limit) => limit ?? undefined);

/** A row of `users` of the databases `revtr` (with limits) and `ccontroller` (without). The columns `max` and `delay` limited nothing. */
export const userRow = z.object({
  name: text,
  email: text,
  key: text,
  max_revtr_per_day: optionalLimit,
  max_parallel_revtr: optionalLimit,
});
/** A row of `vantage_point` of the database `plcontroller`, or of `vantage_points` of `vpservice`, which has no owners. */
export const hostRow = z.object({
  ip: unsigned,
  hostname: text,
  site: text,
  owner: text.optional(),
  email: text.optional(),
});
/** A row of `atlas_traceroutes` of the database `traceroute_atlas`. `dest` is the source of this system. */
export const tracerouteRow = z.object({
  Id: unsigned,
  dest: unsigned,
  src: unsigned,
  platform: text,
  date: z.string().transform((date, context) => {
    const at = readDateTime(date);
    if (at !== undefined) return at;
    context.addIssue('must be a time');
    return z.NEVER;
  }),
  stale: unsigned,
});
/** A row of `atlas_traceroute_hops`. Hops that did not answer have none; TTL 0 is the origin. */
export const hopRow = z.object({ trace_id: unsigned, hop: unsigned, ttl: unsigned.pipe(z.int().max(255)) });

/** The tables that a migration reads first, by name, with the columns that they must have. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  users: ['name', 'email', 'key'],
  vantage_point: ['ip', 'hostname', 'site', 'owner', 'email'],
  vantage_points: ['ip', 'hostname', 'site'],
  atlas_traceroutes: ['Id', 'dest', 'src', 'platform', 'date', 'stale'],
};
const HOPS = { name: 'atlas_traceroute_hops', columns: ['trace_id', 'hop', 'ttl'] };

/** Whether the first pass reads a table. */
export const isFirst = (table: string, columns: readonly string[]): boolean =>
  Object.hasOwn(TABLES, table) && TABLES[table].every((column) => columns.includes(column));

/** Whether the second pass reads a table: dumps have the hops before their traceroutes. */
export const isSecond = (table: string, columns: readonly string[]): boolean =>
  table === HOPS.name && HOPS.columns.every((column) => columns.includes(column));

/** Whether a migration reads a table at all. */
export const isRead = (table: string): boolean => Object.hasOwn(TABLES, table) || table === HOPS.name;

/** A row of a table as `schema` has it; `undefined` if it does not fit. */
export const parseRow = <T>(schema: z.ZodType<T>, row: MysqlRow): T | undefined => schema.safeParse(row).data;
