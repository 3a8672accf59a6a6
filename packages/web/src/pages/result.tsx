import type { PublicResult } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { costOf, outcomeOf } from '../measure/measurement-view.tsx';
import { caveatsOf } from '../path/caveats.ts';
import { PathView } from '../path/path-view.tsx';
import { publicResultQuery } from '../share/queries.ts';

/** A published result, for everybody who has its token. */
export function ResultPage() {
  const { token = '' } = useParams();
  const { data, error, refetch } = useQuery(publicResultQuery(token));
  if (data !== undefined) return <Shown published={data} token={token} />;
  return (
    <>
      <title>Public result · Reverse Traceroute</title>
      <h1>Public result</h1>
      {error === null ? <p role="status">Loading …</p> : <Problem error={error} onRetry={() => void refetch()} />}
    </>
  );
}

function Shown({ published, token }: { readonly published: PublicResult; readonly token: string }) {
  const { source, destination, result } = published;
  return (
    <article>
      <title>{`Reverse path from ${destination} back to ${source}`}</title>
      <h1>
        <span className="mono">{destination}</span> back to <span className="mono">{source}</span>
      </h1>
      <div className="summary">
        <p>
          <strong>{outcomeOf(published, result)}</strong> {costOf(result)}
        </p>
        {caveatsOf(result).map(({ type, text }) => (
          <p className="caveat" key={type}>
            {text}
          </p>
        ))}
      </div>
      <PathView source={source} hops={result.hops} result={result} />
      <p>
        <a href={`/results/${token}/path.svg`}>Picture as SVG</a> · <a href={`/results/${token}/path.png`}>as PNG</a> ·{' '}
        <Link to={`/?from=${destination}&to=${source}`}>Measure this path yourself</Link>
      </p>
    </article>
  );
}
