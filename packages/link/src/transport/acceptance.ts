import type { IncomingHttpHeaders } from 'node:http';

/** What an agent accepts beyond what all versions of agents do. It says so in headers when a connection begins; what it does not name, it rejects. */
export interface Acceptance {
  /** Whether it accepts the contexts of traces. Default: no. */
  readonly acceptsTrace?: boolean;
  /** Whether it accepts changes of the list of sources. Others get the whole list each time. Default: no. */
  readonly acceptsSourceChanges?: boolean;
}

const TRACE_HEADER = 'revtr-accepts-trace';
const SOURCE_CHANGES_HEADER = 'revtr-accepts-source-changes';

/** Headers with which an agent of this version says what it accepts. Contexts of traces are of use only to one that records traces. */
export const acceptanceHeaders = ({ acceptsTrace }: { readonly acceptsTrace: boolean }): Record<string, string> => ({
  [SOURCE_CHANGES_HEADER]: '1',
  ...(acceptsTrace && { [TRACE_HEADER]: '1' }),
});

/** What an agent accepts that has sent these headers. */
export const acceptanceIn = (headers: IncomingHttpHeaders): Required<Acceptance> => ({
  acceptsTrace: TRACE_HEADER in headers,
  acceptsSourceChanges: SOURCE_CHANGES_HEADER in headers,
});
