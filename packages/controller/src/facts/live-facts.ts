import { resolve4, reverse } from 'node:dns/promises';
import type { IpToAs } from '@revtr/engine';
import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { AddressFacts } from './address-facts.ts';
import type { InternetKnowledge } from './internet-knowledge.ts';

const KEEP_MS = 4 * 3_600_000;
const MOST_KEPT = 50_000;
const LOOKUP_MS = 2_000;

/** Facts about addresses of the real Internet: datasets, and DNS. */
export class LiveFacts implements AddressFacts {
  readonly #knowledge: InternetKnowledge;
  readonly #names = new Map<Ipv4Address, { readonly name: Promise<string | undefined>; readonly until: number }>();

  constructor(knowledge: InternetKnowledge) {
    this.#knowledge = knowledge;
  }

  get ipToAs(): IpToAs {
    return this.#knowledge.ipToAs;
  }

  get knowsAllRoutes(): boolean {
    return this.#knowledge.knowsAllRoutes;
  }

  asName(asn: number): string | undefined {
    return this.#knowledge.network(asn)?.name;
  }

  nameOf(address: Ipv4Address): Promise<string | undefined> {
    const known = this.#names.get(address);
    if (known !== undefined && known.until > Date.now()) return known.name;
    const name = within(
      reverse(formatIpv4(address)).then(([first]) => first),
      undefined,
    );
    if (this.#names.size >= MOST_KEPT) this.#names.clear();
    this.#names.set(address, { name, until: Date.now() + KEEP_MS });
    return name;
  }

  async resolve(name: string): Promise<readonly Ipv4Address[]> {
    const texts = await within(resolve4(name), []);
    return texts.map(tryParseIpv4).filter((address) => address !== undefined);
  }
}

/** What a look-up gives, or `otherwise` when it fails or takes too long. */
async function within<T>(lookup: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), LOOKUP_MS);
  });
  try {
    return await Promise.race([lookup, late]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
}
