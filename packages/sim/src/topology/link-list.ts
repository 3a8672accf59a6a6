import type { Ipv4Address } from '@revtr/net';

/** One link to build. */
export interface LinkPlan {
  readonly routerA: number;
  readonly routerB: number;
  readonly addressA: Ipv4Address;
  readonly addressB: Ipv4Address;
  readonly delayMicros: number;
  /** Cost from A to B and back; they may differ. */
  readonly costAB: number;
  readonly costBA: number;
  /** Index of the edge of the AS graph, A's network being its `a`; -1 inside a network. */
  readonly edge: number;
}

/** Interface columns, grouped by router. */
export interface InterfaceColumns {
  readonly firstInterface: Int32Array;
  readonly router: Int32Array;
  readonly address: Uint32Array;
  readonly peer: Int32Array;
  readonly delayMicros: Uint32Array;
  readonly cost: Uint16Array;
  /** Edge of the AS graph, or -1. */
  readonly edge: Int32Array;
}

/** Turns links into interfaces, two a link, in order of router. */
export function layOutInterfaces(links: readonly LinkPlan[], routers: number): InterfaceColumns {
  const firstInterface = new Int32Array(routers + 1);
  for (const { routerA, routerB } of links) {
    firstInterface[routerA + 1]++;
    firstInterface[routerB + 1]++;
  }
  for (let r = 0; r < routers; r++) firstInterface[r + 1] += firstInterface[r];
  const count = 2 * links.length;
  const next = firstInterface.slice();
  const columns = {
    firstInterface,
    router: new Int32Array(count),
    address: new Uint32Array(count),
    peer: new Int32Array(count),
    delayMicros: new Uint32Array(count),
    cost: new Uint16Array(count),
    edge: new Int32Array(count),
  };
  const set = (i: number, peer: number, router: number, address: number, cost: number, link: LinkPlan): void => {
    columns.router[i] = router;
    columns.address[i] = address;
    columns.peer[i] = peer;
    columns.delayMicros[i] = link.delayMicros;
    columns.cost[i] = cost;
    columns.edge[i] = link.edge;
  };
  for (const link of links) {
    const a = next[link.routerA]++;
    const b = next[link.routerB]++;
    set(a, b, link.routerA, link.addressA, link.costAB, link);
    set(b, a, link.routerB, link.addressB, link.costBA, link);
  }
  return columns;
}
