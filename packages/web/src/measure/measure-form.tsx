import type { SourceInfo } from '@revtr/client';
import { useId, useState } from 'react';
import { submitting } from '../app/submitting.ts';
import { destinationFault } from './destination-fault.ts';
import { DestinationField } from './destination-field.tsx';
import { SourceSelect } from './source-select.tsx';
import type { MeasureRequest } from './submit.ts';

/** One line: from where, back to which source, and a button. */
export function MeasureForm(props: {
  readonly sources: readonly SourceInfo[];
  /** What the form begins with; `null` for nothing typed, and for the first source. */
  readonly initial: { readonly destination: string | null; readonly source: string | null };
  readonly isBusy: boolean;
  readonly onSubmit: (request: MeasureRequest) => void;
}) {
  const { sources, initial, isBusy, onSubmit } = props;
  const [destination, setDestination] = useState(initial.destination ?? '');
  const [source, setSource] = useState(initial.source ?? sources[0]?.ip ?? '');
  const [allowAssumptions, setAllowAssumptions] = useState(false);
  const [fault, setFault] = useState<string>();
  const faultId = useId();
  return (
    <form
      className="measure"
      noValidate
      onSubmit={submitting(() => {
        const found = destinationFault(destination);
        setFault(found);
        if (found === undefined) onSubmit({ source, destination: destination.trim(), allowAssumptions });
      })}
    >
      <DestinationField
        label="From"
        value={destination}
        faultId={fault === undefined ? undefined : faultId}
        onChange={setDestination}
      />
      <SourceSelect sources={sources} value={source} onChange={setSource} />
      <button type="submit" disabled={isBusy || source === ''}>
        Measure
      </button>
      <label className="option">
        <input
          type="checkbox"
          checked={allowAssumptions}
          onChange={({ target }) => setAllowAssumptions(target.checked)}
        />{' '}
        Allow assumptions across the border of a network, where nothing can be measured
      </label>
      {fault !== undefined && (
        <p id={faultId} className="fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}
