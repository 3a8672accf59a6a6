import { formatAge } from '@revtr/client/wording';
import { useQuery } from '@tanstack/react-query';
import { Problem } from '../app/problem.tsx';
import { atlasQuery } from '../app/queries.ts';
import { Time } from '../records/time.tsx';

/** What the atlas of a source covers, and how old it is. */
export function AtlasSection({ source }: { readonly source: string }) {
  const { data, error, refetch } = useQuery(atlasQuery(source));
  return (
    <section>
      <h2>Atlas</h2>
      <Problem error={error} onRetry={() => void refetch()} />
      {data !== undefined && (
        <dl>
          <dt>Paths</dt>
          <dd>
            {data.paths.ripeAtlas.toLocaleString('en')} of RIPE Atlas, {data.paths.vantagePoint.toLocaleString('en')} of
            vantage points, {data.paths.reverseTraceroute.toLocaleString('en')} of earlier measurements
          </dd>
          <dt>Covers</dt>
          <dd>
            {data.routers.toLocaleString('en')} routers in {data.networks.toLocaleString('en')} networks
          </dd>
          {data.agesMs !== undefined && (
            <>
              <dt>Age</dt>
              <dd>
                {formatAge(data.agesMs.median)} (median), {formatAge(data.agesMs.oldest)} (oldest)
              </dd>
            </>
          )}
          {data.runs[0] !== undefined && (
            <>
              <dt>Last run</dt>
              <dd>
                {data.runs[0].state} since <Time at={data.runs[0].endedAt ?? data.runs[0].startedAt} />
                {data.runs[0].state === 'running' &&
                  `: ${data.runs[0].phase}, ${data.runs[0].done} of ${data.runs[0].total}`}
              </dd>
            </>
          )}
        </dl>
      )}
    </section>
  );
}
