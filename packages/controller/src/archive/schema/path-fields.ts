import type { Field, RowOf } from './field.ts';

/** What tells one measurement from others. */
const MEASUREMENT_FIELDS = [
  { name: 'measurement', type: 'integer', mode: 'required', description: 'Number of the measurement' },
  { name: 'batch', type: 'integer', mode: 'nullable', description: 'Number of its batch; null in a public archive' },
  { name: 'label', type: 'text', mode: 'nullable', description: 'Label that the user chose; null in a public archive' },
  { name: 'source', type: 'text', mode: 'required', description: 'Address of the source, to which the path leads' },
  {
    name: 'destination',
    type: 'text',
    mode: 'required',
    description: 'Address of the destination, where the path begins',
  },
  { name: 'started_at', type: 'time', mode: 'required', description: 'Start of the measurement' },
  {
    name: 'stop_reason',
    type: 'text',
    mode: 'required',
    description: 'Why the measurement ended: reaches, failed, trivial or cancelled',
  },
] as const satisfies readonly Field[];

/** A hop and how it was found. */
const HOP_FIELDS = [
  { name: 'hop', type: 'integer', mode: 'required', description: 'Index of the hop; 0 is the destination' },
  { name: 'address', type: 'text', mode: 'required', description: 'Address of the hop' },
  {
    name: 'name',
    type: 'text',
    mode: 'nullable',
    description: 'Reverse DNS, if it was known at the time of the export; null in a public archive',
  },
  { name: 'asn', type: 'integer', mode: 'nullable', description: 'AS number of the network that operates the router' },
  { name: 'as_name', type: 'text', mode: 'nullable', description: 'Name of that network' },
  { name: 'technique', type: 'text', mode: 'required', description: 'How the hop was found' },
  {
    name: 'archive_type',
    type: 'integer',
    mode: 'required',
    description: 'Number of the technique in the M-Lab archive',
  },
  { name: 'trust', type: 'text', mode: 'required', description: 'measured, inferred or assumed' },
  {
    name: 'confidence',
    type: 'float',
    mode: 'required',
    description: 'Probability that the router is on the path, 0 to 1',
  },
  {
    name: 'rtt_ms',
    type: 'float',
    mode: 'nullable',
    description: 'Round-trip time between source and hop, milliseconds',
  },
  {
    name: 'reused_age_ms',
    type: 'float',
    mode: 'nullable',
    description: 'Age of the evidence in milliseconds, if it comes from an earlier measurement',
  },
  {
    name: 'hidden_asn',
    type: 'integer',
    mode: 'nullable',
    description:
      'AS number of a network between this hop and the next one that shows no router, inferred from AS relations',
  },
  {
    name: 'hidden_confidence',
    type: 'float',
    mode: 'nullable',
    description: 'Probability that the path passes that network, 0 to 1',
  },
  {
    name: 'alternatives',
    type: 'text',
    mode: 'repeated',
    description: 'Addresses of other routers seen in this place',
  },
  {
    name: 'divergence',
    type: 'text',
    mode: 'nullable',
    description: 'Why there are alternatives: loadBalancing or notDestinationBased',
  },
] as const satisfies readonly Field[];

/** The fields of a table of paths: one row for each reverse traceroute, with its hops as a list. */
export const PATH_FIELDS = [
  ...MEASUREMENT_FIELDS,
  { name: 'duration_ms', type: 'float', mode: 'required', description: 'Duration of the measurement, milliseconds' },
  { name: 'fail_code', type: 'text', mode: 'nullable', description: 'Code of the reason why the path is not complete' },
  { name: 'fail_hop', type: 'text', mode: 'nullable', description: 'Address of the last hop of such a path' },
  { name: 'plan', type: 'text', mode: 'required', description: 'Plan of the measurement' },
  { name: 'confidence', type: 'float', mode: 'nullable', description: 'Probability that every hop is right, 0 to 1' },
  {
    name: 'measured_through',
    type: 'text',
    mode: 'nullable',
    description: 'Address of the host that was measured in place of a destination that did not answer',
  },
  {
    name: 'measured_through_scope',
    type: 'text',
    mode: 'nullable',
    description: 'What that host shares with the destination: subnet, prefix or network',
  },
  {
    name: 'oldest_reused_age_ms',
    type: 'float',
    mode: 'nullable',
    description: 'Age of the oldest measurement in milliseconds, if the whole path comes from earlier ones',
  },
  { name: 'measured_hops', type: 'integer', mode: 'required', description: 'Hops with trust measured' },
  { name: 'inferred_hops', type: 'integer', mode: 'required', description: 'Hops with trust inferred' },
  { name: 'assumed_hops', type: 'integer', mode: 'required', description: 'Hops with trust assumed' },
  {
    name: 'as_path',
    type: 'integer',
    mode: 'repeated',
    description: 'AS numbers in order, each once in a row, with the networks that show no router',
  },
  { name: 'record_route_pings', type: 'integer', mode: 'required', description: 'Record Route pings from the source' },
  {
    name: 'spoofed_record_route_pings',
    type: 'integer',
    mode: 'required',
    description: 'Record Route pings from vantage points with the address of the source',
  },
  { name: 'timestamp_pings', type: 'integer', mode: 'required', description: 'Timestamp pings from the source' },
  {
    name: 'spoofed_timestamp_pings',
    type: 'integer',
    mode: 'required',
    description: 'Timestamp pings from vantage points',
  },
  { name: 'traceroutes', type: 'integer', mode: 'required', description: 'Forward traceroutes' },
  {
    name: 'hops',
    type: 'record',
    mode: 'repeated',
    description: 'The hops, from the destination to the source',
    fields: HOP_FIELDS,
  },
] as const satisfies readonly Field[];

/** The fields of a table of hops: one row for each hop of each reverse traceroute. */
export const HOP_TABLE_FIELDS = [...MEASUREMENT_FIELDS, ...HOP_FIELDS] as const satisfies readonly Field[];

/** A row of the table of paths. */
export type PathRow = RowOf<typeof PATH_FIELDS>;
/** A row of the table of hops. */
export type HopRow = RowOf<typeof HOP_TABLE_FIELDS>;
