import type { Field, RowOf } from './field.ts';

/** Version of the schemas of exported results. It changes whenever a field is renamed, removed, or gets another meaning. */
export const SCHEMA_VERSION = 1;

/**
 * The fields of a row of the M-Lab archive of reverse traceroutes (BigQuery table `revtr.revtr1`), with its names and units: one row for
 * each reverse traceroute.
 */
export const ARCHIVE_FIELDS = [
  { name: 'id', type: 'integer', mode: 'required', description: 'Number of the measurement in its system' },
  {
    name: 'stop_reason',
    type: 'text',
    mode: 'required',
    description: 'REACHES, FAILED, TRIVIAL or CANCELED',
  },
  { name: 'fail_reason', type: 'text', mode: 'required', description: 'Why the path is not complete; empty if it is' },
  { name: 'src', type: 'text', mode: 'required', description: 'Address of the source, to which the path leads' },
  { name: 'dst', type: 'text', mode: 'required', description: 'Address of the destination, where the path begins' },
  { name: 'runtime', type: 'integer', mode: 'required', description: 'Duration of the measurement, nanoseconds' },
  {
    name: 'date',
    type: 'integer',
    mode: 'required',
    description: 'Start of the measurement, seconds since the Unix epoch',
  },
  {
    name: 'label',
    type: 'text',
    mode: 'required',
    description: 'Label that the user chose; empty in a public archive',
  },
  {
    name: 'revtr_hops',
    type: 'record',
    mode: 'repeated',
    description: 'The hops, from the destination to the source',
    fields: [
      { name: 'hop_number', type: 'integer', mode: 'required', description: 'Index of the hop; 0 is the destination' },
      { name: 'hop_ip', type: 'text', mode: 'required', description: 'Address of the hop' },
      {
        name: 'hop_type',
        type: 'integer',
        mode: 'required',
        description:
          'How the hop was found: 1 destination; 3 traceroute of the atlas; 4 between two hops of such a traceroute; 5 Record Route; 6 spoofed Record Route; 7, 8 and 10 timestamps; 11 and 12 assumptions, within and between networks',
      },
      {
        name: 'measurement_id',
        type: 'integer',
        mode: 'required',
        description: 'Number of the atlas traceroute that shows the hop; 0 for none',
      },
      {
        name: 'rtt',
        type: 'integer',
        mode: 'required',
        description: 'Round-trip time between source and hop, microseconds; 0 for unknown',
      },
      { name: 'rtt_measurement_id', type: 'integer', mode: 'required', description: 'Always 0' },
      { name: 'cidr', type: 'text', mode: 'nullable', description: 'Always null' },
      { name: 'asn', type: 'integer', mode: 'nullable', description: 'AS number of the network of the hop' },
    ],
  },
] as const satisfies readonly Field[];

/** A row of the M-Lab archive. */
export type ArchiveRow = RowOf<typeof ARCHIVE_FIELDS>;
