import type { WithDefault } from './columns.ts';

/** The certificate authority that the agents of this database trust: at most one row. */
export interface AuthorityRootTable {
  readonly is_only: WithDefault<boolean>;
  /** SHA-256 of the root certificate, hexadecimal with colons. */
  readonly fingerprint: string;
}
