import type { SourceInfo } from '@revtr/client';
import { useId, useState } from 'react';
import { Link } from 'react-router';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { destinationFault } from '../measure/destination-fault.ts';
import { DestinationField } from '../measure/destination-field.tsx';
import { SourceSelect } from '../measure/source-select.tsx';
import { useChange } from '../records/use-change.ts';
import { AlertFields, FIRST_CHOICE, WebhookSecret } from './alert-fields.tsx';
import { watchesQuery } from './queries.ts';
import { INTERVALS } from './words.ts';

const DEFAULT_INTERVAL_S = 900;

/** The form that creates a watch. `initial`: the pair of the result that the visitor comes from. */
export function NewWatch(props: {
  readonly sources: readonly SourceInfo[];
  readonly initial: { readonly destination: string | null; readonly source: string | null };
}) {
  const { sources, initial } = props;
  const [destination, setDestination] = useState(initial.destination ?? '');
  const [source, setSource] = useState(initial.source ?? sources[0]?.ip ?? '');
  const [name, setName] = useState('');
  const [intervalSeconds, setInterval] = useState(DEFAULT_INTERVAL_S);
  const [alerts, setAlerts] = useState(FIRST_CHOICE);
  const [fault, setFault] = useState<string>();
  const faultId = useId();
  const { mutate, data, error, isPending } = useChange([watchesQuery.queryKey], () =>
    client.watches.create({
      source,
      destination: destination.trim(),
      intervalSeconds,
      ...(name.trim() !== '' && { name: name.trim() }),
      alerts: { on: [...alerts.on], mail: alerts.mail, webhook: alerts.webhook === '' ? null : alerts.webhook },
    }),
  );
  const create = (): void => {
    const found = destinationFault(destination);
    setFault(found);
    if (found === undefined) mutate();
  };
  return (
    <form className="narrow" noValidate onSubmit={submitting(create)}>
      <h2>New watch</h2>
      <DestinationField
        label="Path from"
        value={destination}
        faultId={fault === undefined ? undefined : faultId}
        onChange={setDestination}
      />
      {fault !== undefined && (
        <p id={faultId} className="fault" role="alert">
          {fault}
        </p>
      )}
      <SourceSelect sources={sources} value={source} onChange={setSource} />
      <label>
        Measure every
        <select value={intervalSeconds} onChange={({ target }) => setInterval(Number(target.value))}>
          {INTERVALS.map(([seconds, text]) => (
            <option key={seconds} value={seconds}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label>
        Name (optional)
        <input maxLength={100} value={name} onChange={({ target }) => setName(target.value)} />
      </label>
      <AlertFields value={alerts} onChange={setAlerts} />
      <button type="submit" disabled={isPending || source === ''}>
        Create
      </button>
      <Problem error={error} />
      {data !== undefined && (
        <p role="status">
          <Link to={`/watches/${data.id}`}>Watch {data.id}</Link> is created and measures now.
        </p>
      )}
      <WebhookSecret watch={data} />
    </form>
  );
}
