import { ClientError } from '@revtr/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../app/client.ts';
import { Problem, sentence } from '../app/problem.tsx';
import { sourcesQuery } from '../app/queries.ts';
import { submitting } from '../app/submitting.ts';
import { type PairLine, readPairs } from '../batch/pairs.ts';
import { SourceSelect } from '../measure/source-select.tsx';

const MOST_FAULTS_SHOWN = 100;
const MOST_FILE_BYTES = 8 * 2 ** 20;

/** Submits many destinations. What is wrong with a line is shown before the batch is submitted. */
export function NewBatchPage() {
  const sources = useQuery(sourcesQuery);
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<string>();
  const [withForward, setWithForward] = useState(false);
  const navigate = useNavigate();
  const source = chosen ?? sources.data?.[0]?.ip ?? '';
  const lines = readPairs(text, source);
  const good = lines.filter(({ pair }) => pair !== undefined);
  const { mutate, error, isPending } = useMutation({
    mutationFn: async (skipInvalid: boolean) => {
      const options = { isRunRttPings: true, isRunForwardTraceroute: withForward };
      const pairs = good.flatMap(({ pair }) => (pair === undefined ? [] : [{ ...pair, ...options }]));
      return client.submit(pairs, { skipInvalid });
    },
    onSuccess: ({ batchId }) => void navigate(`/batches/${batchId}`),
  });
  const faults = [...localFaults(lines), ...serverFaults(error, good)].sort((a, b) => a.line - b.line);
  const isRefused = error instanceof ClientError && error.serverCode === 'invalidPairs';
  return (
    <>
      <title>New batch · Reverse Traceroute</title>
      <h1>New batch</h1>
      <p className="lead">One destination a line: an address or a host name, optionally followed by a label.</p>
      <Problem error={sources.error} />
      <form className="new-batch" onSubmit={submitting(() => mutate(isRefused))}>
        <SourceSelect sources={sources.data ?? []} value={source} onChange={setChosen} />
        <label>
          Destinations
          <textarea
            className="mono"
            rows={14}
            spellCheck={false}
            value={text}
            onChange={({ target }) => setText(target.value)}
            onDrop={(event) => {
              const file = event.dataTransfer.files[0];
              if (file === undefined) return;
              event.preventDefault();
              void readFile(file).then(setText);
            }}
          />
        </label>
        <label>
          or a text file, which you can also drop above
          <input
            type="file"
            accept="text/*,.csv"
            onChange={({ target }) => {
              const file = target.files?.[0];
              if (file !== undefined) void readFile(file).then(setText);
            }}
          />
        </label>
        <label>
          <input type="checkbox" checked={withForward} onChange={({ target }) => setWithForward(target.checked)} /> Also
          measure the forward paths
        </label>
        <p role="status">
          {good.length.toLocaleString('en')} of {lines.length.toLocaleString('en')} lines can be submitted.
        </p>
        <button type="submit" disabled={isPending || good.length === 0 || source === ''}>
          {isRefused ? 'Submit the others' : 'Submit'}
        </button>
      </form>
      {!isRefused && <Problem error={error} />}
      <Faults faults={faults} />
    </>
  );
}

interface Fault {
  readonly line: number;
  readonly message: string;
}

function Faults({ faults }: { readonly faults: readonly Fault[] }) {
  if (faults.length === 0) return null;
  return (
    <section className="problem" aria-label="Lines that cannot be measured">
      <p>
        <strong>{faults.length.toLocaleString('en')} lines cannot be measured.</strong>
      </p>
      <ul>
        {faults.slice(0, MOST_FAULTS_SHOWN).map(({ line, message }) => (
          <li key={`${line} ${message}`}>
            Line {line}: {message}
          </li>
        ))}
      </ul>
      {faults.length > MOST_FAULTS_SHOWN && <p>and {faults.length - MOST_FAULTS_SHOWN} more</p>}
    </section>
  );
}

const localFaults = (lines: readonly PairLine[]): Fault[] =>
  lines.flatMap(({ line, fault }) => (fault === undefined ? [] : [{ line, message: fault }]));

/** The server counts the pairs that were submitted. */
function serverFaults(error: unknown, submitted: readonly PairLine[]): Fault[] {
  if (!(error instanceof ClientError)) return [];
  return (error.answer?.problems ?? []).flatMap(({ at, message }) => {
    const index = /^revtrs\[(\d+)\]/.exec(at)?.[1];
    const line = index === undefined ? undefined : submitted[Number(index)];
    return line === undefined ? [] : [{ line: line.line, message: sentence(message) }];
  });
}

const readFile = async (file: File): Promise<string> => file.slice(0, MOST_FILE_BYTES).text();
