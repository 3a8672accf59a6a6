import type { Accuracy } from '@revtr/client';
import { formatCount, formatShare } from '../app/percent.ts';

type Rate = Accuracy['reached'];

/** The figures about whole paths and hops, with what each one means. */
export function Figures({ accuracy }: { readonly accuracy: Accuracy }) {
  const { reached, asPathExact, routersFound, hops } = accuracy;
  return (
    <dl className="figures">
      <Figure title="Hops right" rate={hops} meaning="of the hops that can be judged" />
      <Figure title="Reached the source" rate={reached} meaning="of the judged paths" />
      <Figure title="AS path exact" rate={asPathExact} meaning="of the paths that reached the source" />
      <Figure title="Routers found" rate={routersFound} meaning="of the responsive routers of the traceroutes" />
    </dl>
  );
}

function Figure(props: { readonly title: string; readonly rate: Rate; readonly meaning: string }) {
  const { title, rate, meaning } = props;
  const { share, low, high, count, total } = rate;
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        {total === 0 ? (
          <span className="hint">no figure yet</span>
        ) : (
          <>
            <strong className="number">{formatShare(share)}</strong>
            <span className="interval" aria-hidden="true">
              <i style={{ left: `${100 * low}%`, width: `${Math.max(0.5, 100 * (high - low))}%` }} />
            </span>
            <span className="hint number">
              {formatCount(count)} of {formatCount(total)} {meaning}; 95 % interval {formatShare(low)} to{' '}
              {formatShare(high)}
            </span>
          </>
        )}
      </dd>
    </div>
  );
}
