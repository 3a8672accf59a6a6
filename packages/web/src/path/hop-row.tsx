import { formatMs, formatProbability } from '@revtr/client/wording';
import { Link } from 'react-router';
import type { PathHop } from './hop.ts';
import { HostName } from './host-name.tsx';
import type { RttScale } from './rtt.ts';
import { techniqueStyle } from './technique.ts';

/** One hop: its place on the line, and what is known of it. */
export function HopRow(props: {
  readonly hop: PathHop;
  /** The following hop toward the source. */
  readonly next: PathHop | undefined;
  readonly index: number;
  readonly scale: RttScale;
  readonly isSource: boolean;
  /** Whether the measurement goes on from here. */
  readonly isTip: boolean;
  readonly isSelected: boolean;
  /** Whether this is a destination that did not answer. */
  readonly isSilent: boolean;
  readonly href: string;
}) {
  const { hop, next, index, scale, isSource, isTip, isSelected, isSilent, href } = props;
  const { label, family } = techniqueStyle(hop.technique);
  const isEnd = hop.technique === 'destination';
  const classes = ['hop', isSelected && 'selected', isTip && 'tip', isSource && 'source'].filter(Boolean).join(' ');
  return (
    <li className={classes} data-trust={isSilent ? 'inferred' : hop.trust} data-family={family}>
      <span className="track" aria-hidden="true">
        {index > 0 && <i className="line up" />}
        {(next !== undefined || isTip) && (
          <i
            className={isTip ? 'line down pulse' : 'line down'}
            data-trust={next?.trust ?? 'open'}
            data-family={next === undefined ? family : techniqueStyle(next.technique).family}
          />
        )}
        <i className={isTip ? 'dot pulse' : 'dot'} />
      </span>
      <span className="who">
        <Link
          className="address"
          to={href}
          preventScrollReset
          aria-current={isSelected ? 'true' : undefined}
          title="Show the evidence"
        >
          {hop.address}
        </Link>
        {hop.alternatives !== undefined && <span className="alternatives"> or {hop.alternatives.join(', ')}</span>}
        <span className="name">{hop.name !== undefined && <HostName name={hop.name} />}</span>
      </span>
      <Rtt rttMs={hop.rttMs} scale={scale} jumpMs={scale.jumps.get(index)} />
      <span className="how">
        <span className="technique">{isSource ? `source · ${label}` : label}</span>
        {hop.reusedAgeMs !== undefined && <span className="age"> reused</span>}
      </span>
      <span className="trust">
        {isSilent ? 'no answer' : isEnd ? '' : `${hop.trust} ${formatProbability(hop.confidence)}`}
      </span>
    </li>
  );
}

function Rtt({
  rttMs,
  scale,
  jumpMs,
}: {
  readonly rttMs: number | undefined;
  readonly scale: RttScale;
  readonly jumpMs: number | undefined;
}) {
  if (rttMs === undefined) return <span className="rtt" />;
  return (
    <span className="rtt">
      <span className="number">{formatMs(rttMs)}</span>
      <span className="bar" aria-hidden="true">
        <i style={{ width: `${(100 * rttMs) / Math.max(scale.maxMs, 1)}%` }} />
      </span>
      {jumpMs !== undefined && (
        <span className="jump" title="The round-trip time jumps between this hop and the next toward the source">
          +{Math.round(jumpMs)} ms
        </span>
      )}
    </span>
  );
}
