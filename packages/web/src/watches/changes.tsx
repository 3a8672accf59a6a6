import type { WatchChange } from '@revtr/client';
import { formatMs } from '@revtr/client/wording';
import { formatTime } from '../app/time.ts';
import { KINDS, REACH } from './words.ts';

type Side = WatchChange['before'];

/** The confirmed changes of a watch, each with the path before and after. */
export function Changes({ changes }: { readonly changes: readonly WatchChange[] }) {
  if (changes.length === 0)
    return <p>No change yet. A change appears here when a second measurement has confirmed it.</p>;
  return changes.map((change, i) => (
    <details key={change.id} className="change" open={i === 0}>
      <summary>
        {formatTime(Date.parse(change.at))}: {change.kinds.map((kind) => KINDS[kind]).join(', ')}
      </summary>
      <div className="columns">
        <SideOfChange title="Before" side={change.before} other={change.after} />
        <SideOfChange title="After" side={change.after} other={change.before} />
      </div>
    </details>
  ));
}

function SideOfChange(props: { readonly title: string; readonly side: Side; readonly other: Side }) {
  const { title, side, other } = props;
  const known = new Set(other.hops.flatMap(({ address, alternatives = [] }) => [address, ...alternatives]));
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        <dt>Seen</dt>
        <dd>{formatTime(Date.parse(side.at))}</dd>
        <dt>Path</dt>
        <dd>
          {REACH[side.reach]}
          {side.through !== undefined && ` (${side.through})`}
        </dd>
        <dt>RTT</dt>
        <dd>{side.rttMs === undefined ? 'not known' : formatMs(side.rttMs)}</dd>
        <dt>Networks</dt>
        <dd>{side.asPath.map((asn) => `AS${asn}`).join(' → ') || 'not known'}</dd>
      </dl>
      <ol className="sequence" aria-label={`Hops ${title.toLowerCase()}`}>
        {side.hops.map(({ address, asn }) => (
          <li key={address} className={known.has(address) ? undefined : 'only'}>
            <span className="mono">{address}</span> {asn !== undefined && `AS${asn}`}
            {!known.has(address) && ` · only ${title.toLowerCase()}`}
          </li>
        ))}
      </ol>
    </section>
  );
}
