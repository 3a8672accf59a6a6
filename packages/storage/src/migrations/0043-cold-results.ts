import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Results of old partitions are in Parquet files, of which the database keeps the description. */
export const coldResults: Migration = {
  async up(db) {
    const statements = [
      'alter table result_partitions add column moved_at timestamptz',
      `create table cold_files (
       path text primary key,
       partition_id bigint not null,
       first_id bigint not null,
       last_id bigint not null,
       rows integer not null,
       bytes bigint not null,
       footer_at bigint not null,
       footer_sha256 text not null,
       written_at timestamptz not null,
       deletions integer not null default 0,
       removed_at timestamptz)`,
      'create index cold_files_by_id on cold_files (last_id) where removed_at is null',
      `create table cold_file_users (
       user_id bigint not null,
       path text not null references cold_files on delete cascade,
       primary key (user_id, path))`,
      'create index cold_file_users_by_path on cold_file_users (path)',
      `create table cold_forward_traceroutes (
       measurement_id bigint primary key,
       forward_traceroute_id bigint not null)`,
      'create table cold_directory (id text primary key)',
      // The database does not know the user of a result in a file: the publication names the user itself.
      'alter table publications add column user_id bigint',
      'create index publications_of_users on publications (user_id)',
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
