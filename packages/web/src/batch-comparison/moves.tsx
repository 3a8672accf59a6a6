import { countValues } from '../batch/filters.ts';

const MOST_SHOWN = 8;

/** From which entry network to which other one paths moved, as bars. */
export function Moves(props: {
  /** Two AS numbers joined by `~` for each path that moved. */
  readonly moves: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  readonly chosen: string;
  readonly onChoose: (move: string) => void;
}) {
  const { moves, names, chosen, onChoose } = props;
  const counts = countValues(moves);
  if (counts.length === 0) return null;
  return (
    <section>
      <h2>Paths that enter through another network</h2>
      <ol className="bars">
        {counts.slice(0, MOST_SHOWN).map(([move, count]) => (
          <li key={move}>
            <button
              type="button"
              className="link"
              aria-pressed={move === chosen}
              onClick={() => onChoose(move === chosen ? '' : move)}
            >
              {move
                .split('~')
                .map((asn) => (asn === '' ? 'no other network' : `AS${asn} ${names[asn] ?? ''}`))
                .join(' → ')}
            </button>
            <span className="numeric">{count.toLocaleString('en')}</span>
            <i aria-hidden="true" style={{ width: `${(100 * count) / counts[0][1]}%` }} />
          </li>
        ))}
      </ol>
      {counts.length > MOST_SHOWN && <p className="hint">and {counts.length - MOST_SHOWN} more moves</p>}
    </section>
  );
}
