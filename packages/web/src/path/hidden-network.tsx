import { hiddenNetworkSentence } from '@revtr/client/wording';
import type { PathHop } from './hop.ts';
import { techniqueStyle } from './technique.ts';

/** A network between two hops of which no router is visible. */
export function HiddenNetwork(props: {
  readonly network: NonNullable<PathHop['hiddenNetwork']>;
  /** The hop behind the network. */
  readonly next: PathHop | undefined;
}) {
  const { network, next } = props;
  const family = next === undefined ? 'end' : techniqueStyle(next.technique).family;
  const line = <i className="line through" data-trust="assumed" data-family={family} aria-hidden="true" />;
  return (
    <li className="band hidden-network">
      <div className="network">
        {line} AS{network.asn}
      </div>
      <p className="passage">
        {line} {hiddenNetworkSentence(network)}
      </p>
    </li>
  );
}
