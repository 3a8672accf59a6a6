import type { MeasurementResult } from '@revtr/client';
import { type Band, toBands } from '@revtr/client/wording';
import { Fragment, useId } from 'react';
import { EvidencePanel } from './evidence-panel.tsx';
import { HiddenNetwork } from './hidden-network.tsx';
import type { PathHop } from './hop.ts';
import { HopRow } from './hop-row.tsx';
import { Legend } from './legend.tsx';
import { OpenEnd } from './open-end.tsx';
import { pathEndOf } from './path-end.ts';
import { toRttScale } from './rtt.ts';
import { useSelectedHop } from './selected-hop.ts';
import { techniqueStyle } from './technique.ts';

/** A reverse path as a line from the destination, at the top, to the source. */
export function PathView(props: {
  readonly source: string;
  /** From the destination to the source. */
  readonly hops: readonly PathHop[];
  /** `undefined` while the measurement runs. */
  readonly result: Pick<MeasurementResult, 'stopReason' | 'failReason' | 'measuredThrough' | 'startedAt'> | undefined;
  /** Measures again with assumptions. Default: it is not offered. */
  readonly onAssume?: () => void;
}) {
  const { source, hops, result, onAssume } = props;
  const heading = useId();
  const { selected, select, linkTo } = useSelectedHop(hops.length);
  const scale = toRttScale(hops);
  const bands = toBands(hops);
  const end = result && pathEndOf(result);
  const chosen = selected === undefined ? undefined : hops[selected];
  return (
    <div className="path-and-evidence">
      <section className="path" aria-labelledby={heading}>
        <h2 id={heading} className="visually-hidden">
          Hops from the destination to the source
        </h2>
        <ol className="bands" onKeyDown={moveBetweenHops}>
          {bands.map((band) => {
            const last = band.hops[band.hops.length - 1];
            return (
              <Fragment key={band.hops[0].index}>
                <li className="band">
                  <Network band={band} isFirst={band === bands[0]} />
                  <ol className="hops" start={band.hops[0].index + 1}>
                    {band.hops.map(({ hop, index }) => (
                      <HopRow
                        key={`${index} ${hop.address}`}
                        hop={hop}
                        next={hops[index + 1]}
                        index={index}
                        scale={scale}
                        isSource={hop.address === source}
                        isTip={result === undefined && index === hops.length - 1}
                        isSelected={index === selected}
                        isSilent={index === 0 && result?.measuredThrough !== undefined}
                        href={linkTo(index)}
                      />
                    ))}
                  </ol>
                </li>
                {last.hop.hiddenNetwork !== undefined && (
                  <HiddenNetwork network={last.hop.hiddenNetwork} next={hops[last.index + 1]} />
                )}
              </Fragment>
            );
          })}
        </ol>
        {end !== undefined && <OpenEnd end={end} {...(onAssume && { onAssume })} />}
        {hops.length > 0 && <Legend hops={hops} />}
      </section>
      <EvidencePanel hop={chosen} position={selected} startedAt={result?.startedAt} onClose={() => select(undefined)} />
    </div>
  );
}

function Network({
  band: { asn, asName, hops },
  isFirst,
}: {
  readonly band: Band<PathHop>;
  readonly isFirst: boolean;
}) {
  const [{ hop: first }] = hops;
  const isEnd = hops.some(({ hop }) => hop.technique === 'destination');
  return (
    <div className="network" data-family={techniqueStyle(first.technique).family}>
      {!isFirst && <i className="line through" data-trust={first.trust} aria-hidden="true" />}
      {asn === undefined ? (
        <span className="as-name">{isEnd ? 'Network not known' : 'Not announced by any network'}</span>
      ) : (
        <>
          <span className="as-number">AS{asn}</span> <span className="as-name">{asName}</span>
        </>
      )}
    </div>
  );
}

/** The arrow keys move from hop to hop. */
function moveBetweenHops(event: React.KeyboardEvent<HTMLOListElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>('a.address')];
  const at = links.findIndex((link) => link.matches(':focus'));
  const next = links[at + step];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
}
