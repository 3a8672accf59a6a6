import type { PathEnd } from './path-end.ts';

/** The open tip of a path that does not reach the source. */
export function OpenEnd({ end, onAssume }: { readonly end: PathEnd; readonly onAssume?: () => void }) {
  return (
    <div className="open-end">
      <span className="track" aria-hidden="true">
        <i className="line up" />
        <i className="stop" />
      </span>
      <div role="note">
        <p>
          <strong>The path ends here.</strong> {end.reason}
        </p>
        <p>{end.advice}</p>
        {end.mayAssume && onAssume !== undefined && (
          <button type="button" onClick={onAssume}>
            Measure again and allow assumptions
          </button>
        )}
      </div>
    </div>
  );
}
