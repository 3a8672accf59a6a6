import type { LimitUse } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { formatCount } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { usageQuery } from '../app/queries.ts';
import { UNLIMITED } from '../app/unlimited.ts';

const TITLES: Readonly<Record<LimitUse['limit'], string>> = {
  perDay: 'Measurements today (UTC)',
  parallel: 'Measurements under way',
  perMinute: 'Measurements in the last minute',
};

/** The limits of the account, and how much of them is used. */
export function Limits() {
  const { data, error } = useQuery({ ...usageQuery, refetchInterval: 10_000 });
  return (
    <section>
      <h2>Limits</h2>
      <Problem error={error} />
      {data !== undefined && (
        <ul className="meters">
          {data.map(({ limit, allowed, used, resetSeconds }) => (
            <li key={limit}>
              <span>{TITLES[limit]}</span>
              <span className="number">
                {formatCount(used)}
                {allowed >= UNLIMITED ? '; there is no limit' : ` of ${formatCount(allowed)}`}
              </span>
              {allowed < UNLIMITED && (
                <meter min={0} max={Math.max(1, allowed)} value={used} aria-label={TITLES[limit]} />
              )}
              {used >= allowed && (
                <span className="fault">
                  Used up.{' '}
                  {limit === 'perDay'
                    ? `You can measure again in ${Math.ceil(resetSeconds / 3600)} hours, at midnight UTC.`
                    : `You can measure again in about ${resetSeconds} seconds.`}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      <p className="hint">An operator can change your limits.</p>
    </section>
  );
}
