import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { Operators, PrefixOrigins } from '../src/index.ts';
import { relationsFrom } from './support/relations.ts';

const ipToAs = new PrefixOrigins([1, 2, 3].map((asn) => ({ prefix: parsePrefix(`${asn}.0.0.0/8`), asn })));
/** 1 is the provider of 2; 2 and 3 are peers. */
const relations = relationsFrom('1>2 2-3');
const at = (asn: number, last = 1): Ipv4Address => parseIpv4(`${asn}.0.0.${last}`);

describe('operators of border routers', () => {
  const operators = new Operators({ ipToAs, relations });

  it('are, on a forward path, the customer whose first own address follows an address of its provider', () => {
    expect(operators.onTheWayThere(at(1, 1), at(1, 2), at(2))).toBe(2);
    // Inside the provider, at a customer that numbers its own links, and between peers the address says who it is.
    expect(operators.onTheWayThere(at(1, 1), at(1, 2), at(1, 3))).toBe(1);
    expect(operators.onTheWayThere(at(2, 1), at(2, 2), at(1))).toBe(2);
    expect(operators.onTheWayThere(at(2, 1), at(2, 2), at(3))).toBe(2);
    // The first address of a network is the one packets enter it by.
    expect(operators.onTheWayThere(at(3), at(1, 2), at(2))).toBe(1);
    expect(operators.onTheWayThere(undefined, at(9), at(2))).toBeUndefined();
  });

  it('are, on a reverse path, the customer that leaves by an address of its provider', () => {
    expect(operators.onTheWayBack(at(2), at(1))).toBe(2);
    expect(operators.onTheWayBack(at(1), at(2))).toBe(2);
    expect(operators.onTheWayBack(at(3), at(2))).toBe(2);
    expect(operators.onTheWayBack(undefined, at(1))).toBe(1);
  });
});
