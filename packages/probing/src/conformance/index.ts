import { type Ipv4Address, MAX_RECORD_ROUTE_SLOTS } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProbingError, type ProbingErrorCode } from '../errors.ts';
import { type Prober, pingAll } from '../prober.ts';
import type { PingRequest } from '../request.ts';

/** A network to probe, and what is known about it from outside. */
export interface ProberEnvironment {
  readonly prober: Prober;
  /** A host that sends; its network lets spoofed packets out. */
  readonly vantagePoint: Ipv4Address;
  /** A host that receives. */
  readonly source: Ipv4Address;
  /** Hosts that answer pings with Record Route from both, within nine slots from the vantage point, and stamp themselves. */
  readonly target: Ipv4Address;
  /** An address in an announced prefix that answers nothing. */
  readonly silent: Ipv4Address;
  /** An address without an agent. */
  readonly stranger: Ipv4Address;
  /** Routers that a packet from the vantage point to the target really passes. */
  readonly forwardRouters: number;
  /** Whether two addresses belong to one router, and whether the forward path really passes it. */
  isOnForwardPath(address: Ipv4Address): boolean;
  isOnReversePath(address: Ipv4Address): boolean;
  /** Lets time pass until `work` settles: a network with virtual time must be driven. */
  drive<T>(work: Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const RECORD_ROUTE = { type: 'recordRoute', slots: MAX_RECORD_ROUTE_SLOTS } as const;

/** What every {@link Prober} must do. Runs on the network that `start` builds. */
export function proberConformance(name: string, start: () => Promise<ProberEnvironment>): void {
  describe(`prober conformance: ${name}`, () => {
    let net: ProberEnvironment;
    beforeAll(async () => {
      net = await start();
    });
    afterAll(() => net.stop());

    const base = (): PingRequest => ({ type: 'ping', sender: net.vantagePoint, target: net.target, timeoutMs: 5_000 });
    const ping = (changes: Partial<PingRequest> = {}, signal?: AbortSignal) =>
      net.drive(net.prober.ping({ ...base(), ...changes }, signal));
    const codeOf = async (work: Promise<unknown>): Promise<ProbingErrorCode | undefined> =>
      work.then(
        () => undefined,
        (error: unknown) => (error instanceof ProbingError ? error.code : undefined),
      );

    it('answers a ping with the target as sender and a positive round-trip time', async () => {
      const { reply, request } = await ping();
      expect(request).toEqual(base());
      expect(reply).toMatchObject({ from: net.target, icmpType: 0, icmpCode: 0 });
      expect(reply?.rttMs).toBeGreaterThan(0);
      expect(reply?.recordRoute).toBeUndefined();
    });

    it('is silent about a silent target, and only after the timeout', async () => {
      const { reply } = await ping({ target: net.silent, timeoutMs: 1_000 });
      expect(reply).toBeUndefined();
    });

    it('records the forward path, the target, and the reverse path', async () => {
      const stamps = (await ping({ option: RECORD_ROUTE })).reply?.recordRoute ?? [];
      const own = stamps.indexOf(net.target);
      expect(own).toBeGreaterThanOrEqual(0);
      expect(stamps.length).toBeLessThanOrEqual(MAX_RECORD_ROUTE_SLOTS);
      expect(stamps.slice(0, own).filter((stamp) => !net.isOnForwardPath(stamp))).toEqual([]);
    });

    it('records at most the requested number of slots', async () => {
      expect(
        (await ping({ option: { type: 'recordRoute', slots: 2 } })).reply?.recordRoute?.length,
      ).toBeLessThanOrEqual(2);
    });

    it('delivers the answer to a spoofed ping at the source, with the reverse path to it', async () => {
      const spoof = { claimedSource: net.source, receiver: net.source };
      const stamps = (await ping({ spoof, option: RECORD_ROUTE })).reply?.recordRoute ?? [];
      const own = stamps.lastIndexOf(net.target);
      expect(own).toBeGreaterThanOrEqual(0);
      expect(stamps.slice(own + 1).filter((stamp) => !net.isOnReversePath(stamp))).toEqual([]);
    });

    it('reports an expired packet with the router and the stamps it had', async () => {
      const { reply } = await ping({ ttl: 1, option: RECORD_ROUTE });
      if (reply === undefined) return;
      expect(reply.icmpType).toBe(11);
      expect(reply.recordRoute?.length ?? 0).toBeLessThanOrEqual(1);
    });

    it('stamps a prespecified timestamp only at its owner', async () => {
      const option = { type: 'timestamp', form: 'prespecified', slots: [net.target, net.stranger] } as const;
      const stamps = (await ping({ option })).reply?.timestamps ?? [];
      expect(stamps.map(({ address }) => address)).toEqual([net.target, net.stranger]);
      expect(stamps[0].milliseconds).toBeDefined();
      expect(stamps[1].milliseconds).toBeUndefined();
    });

    it('traces the true path, hop by hop, to the target', async () => {
      const request = { type: 'traceroute', sender: net.vantagePoint, target: net.target, timeoutMs: 2_000 } as const;
      const { stop, hops, probesSent } = await net.drive(net.prober.traceroute(request));
      expect(stop).toBe('completed');
      expect(hops.map(({ ttl }) => ttl)).toEqual(hops.map((_, i) => i + 1));
      expect(hops.length).toBeLessThanOrEqual(net.forwardRouters + 1);
      expect(probesSent).toBeGreaterThanOrEqual(hops.length);
      const routers = hops.slice(0, -1).flatMap(({ from }) => (from === undefined ? [] : [from]));
      expect(routers.length).toBeGreaterThan(0);
      expect(routers.filter((router) => !net.isOnForwardPath(router))).toEqual([]);
      expect(hops[hops.length - 1].from).toBe(net.target);
    });

    it('gives up after the gap limit', async () => {
      const request = {
        type: 'traceroute',
        sender: net.vantagePoint,
        target: net.silent,
        timeoutMs: 300,
        attempts: 1,
        gapLimit: 3,
      } as const;
      const { stop, hops } = await net.drive(net.prober.traceroute(request));
      expect(stop).toBe('gapLimit');
      expect(hops.slice(-3).map(({ from }) => from)).toEqual([undefined, undefined, undefined]);
    });

    it('keeps many probes at once apart', async () => {
      const results = await net.drive(pingAll(net.prober, Array.from({ length: 300 }, base)));
      expect(results.filter(({ reply }) => reply?.from === net.target).length).toBeGreaterThan(290);
    });

    it('refuses what cannot be sent, before anything is sent', async () => {
      expect(await codeOf(ping({ sender: net.stranger }))).toBe('unknownSender');
      expect(await codeOf(ping({ ttl: 0 }))).toBe('invalidRequest');
      expect(await codeOf(ping({ timeoutMs: 0 }))).toBe('invalidRequest');
      expect(await codeOf(ping({ option: { type: 'recordRoute', slots: 10 } }))).toBe('invalidRequest');
      expect(await codeOf(ping({ spoof: { claimedSource: net.source, receiver: net.stranger } }))).toBe(
        'unknownReceiver',
      );
    });

    it('ends at once when it is cancelled, before and while it waits', async () => {
      expect(await codeOf(ping({ target: net.silent }, AbortSignal.abort()))).toBe('cancelled');
      const abort = new AbortController();
      const waiting = codeOf(ping({ target: net.silent, timeoutMs: 60_000 }, abort.signal));
      abort.abort();
      expect(await waiting).toBe('cancelled');
    });
  });
}
