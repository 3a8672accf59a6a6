import accounts from './accounts.json' with { type: 'json' };
import agents from './agents.json' with { type: 'json' };
import measurements from './measurements.json' with { type: 'json' };
import operations from './operations.json' with { type: 'json' };
import probesAndArchive from './probes-and-archive.json' with { type: 'json' };
import watches from './watches.json' with { type: 'json' };

/** Bodies of a request and of its answer. */
interface Example {
  readonly request?: unknown;
  readonly response?: unknown;
}

/** Examples of bodies by the id of the operation, for schemas without a name. */
export const OPERATION_EXAMPLES: Readonly<Record<string, Example>> = {
  ...measurements.operations,
  findMeasurements: {
    response: {
      measurements: [measurements.schemas.Measurement],
      cursor: 'AQAAAAAAAAAqb1vTbmSUMjw',
      next: 42,
    },
  },
  ...agents.operations,
  ...accounts.operations,
  ...watches.operations,
  ...operations.operations,
  ...probesAndArchive.operations,
};

/** Examples by the name of their schema. */
export const SCHEMA_EXAMPLES: Readonly<Record<string, unknown>> = {
  ...measurements.schemas,
  Batch: { id: 2, total: 1, done: 1, measurements: [measurements.schemas.Measurement] },
  ...agents.schemas,
  ...accounts.schemas,
  ...watches.schemas,
  ...operations.schemas,
  ...probesAndArchive.schemas,
};
