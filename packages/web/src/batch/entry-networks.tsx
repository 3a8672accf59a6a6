import type { MeasurementOutline } from '@revtr/client';
import { wholePercents } from '../app/percent.ts';
import { countBy, entryOf } from './filters.ts';

const MOST_SHOWN = 10;

/** Through which networks the paths enter the network of their source, as bars. */
export function EntryNetworks(props: {
  readonly measurements: readonly MeasurementOutline[];
  readonly names: Readonly<Record<string, string>>;
  readonly chosen: string;
  readonly onChoose: (asn: string) => void;
}) {
  const { measurements, names, chosen, onChoose } = props;
  const counts = countBy(measurements, entryOf);
  if (counts.length === 0) return null;
  const percents = wholePercents(counts.map(([, count]) => count));
  return (
    <section>
      <h2>Networks through which the paths enter</h2>
      <ol className="bars">
        {counts.slice(0, MOST_SHOWN).map(([asn, count], i) => {
          const isChosen = String(asn) === chosen;
          return (
            <li key={asn}>
              <button
                type="button"
                className="link"
                aria-pressed={isChosen}
                onClick={() => onChoose(isChosen ? '' : String(asn))}
              >
                AS{asn} {names[asn]}
              </button>
              <span className="numeric">
                {count.toLocaleString('en')} ({percents[i]} %)
              </span>
              <i aria-hidden="true" style={{ width: `${(100 * count) / counts[0][1]}%` }} />
            </li>
          );
        })}
      </ol>
      {counts.length > MOST_SHOWN && <p className="hint">and {counts.length - MOST_SHOWN} more networks</p>}
    </section>
  );
}
