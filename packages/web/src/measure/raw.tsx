import type { Measurement } from '@revtr/client';
import { CopyButton } from '../app/copy-button.tsx';

/** The measurement as the API returns it. */
export function Raw({ measurement }: { readonly measurement: Measurement }) {
  const text = JSON.stringify(measurement, null, 2);
  return (
    <>
      <p>
        The answer of <code>GET /api/v2/measurements/{measurement.id}</code>.{' '}
        <CopyButton text={text} label="Copy the JSON" />{' '}
        <a href={`/api/v2/measurements/${measurement.id}`} download={`measurement-${measurement.id}.json`}>
          Download
        </a>
      </p>
      <pre className="raw">{text}</pre>
    </>
  );
}
