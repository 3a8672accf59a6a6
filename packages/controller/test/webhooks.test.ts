import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@revtr/probing';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { WebhookError } from '../src/watches/webhooks/errors.ts';
import { isPublicAddress } from '../src/watches/webhooks/public-address.ts';
import { WebhookSender } from '../src/watches/webhooks/sender.ts';
import { generateWebhookSecret, signedHeaders } from '../src/watches/webhooks/signature.ts';
import { findTarget, parseWebhookUrl } from '../src/watches/webhooks/target.ts';
import { ManualClock } from './manual-clock.ts';

const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof WebhookError ? error.code : String(error)),
  );

describe('signatures', () => {
  const secret = generateWebhookSecret();
  const body = '{"type":"watch.test"}';
  const at = Date.now();
  const headers = signedHeaders({ id: 'msg_1', at, body }, secret);

  it('are accepted by the library of Standard Webhooks', () => {
    expect(new Webhook(secret).verify(body, headers)).toEqual({ type: 'watch.test' });
  });

  it('equal the example of the specification', () => {
    const example = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330_000, body: '{"test": 2432232314}' };
    expect(signedHeaders(example, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')['webhook-signature']).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['another body', '{"type":"watch.changed"}', headers],
    ['another id', body, { ...headers, 'webhook-id': 'msg_2' }],
    ['another time', body, { ...headers, 'webhook-timestamp': String(Math.floor(at / 1000) + 1) }],
    ['an old message', body, signedHeaders({ id: 'msg_1', at: at - 600_000, body }, secret)],
    ['another secret', body, signedHeaders({ id: 'msg_1', at, body }, generateWebhookSecret())],
  ])('protect against %s', (_, received, sent) => {
    expect(() => new Webhook(secret).verify(received, sent)).toThrow(WebhookVerificationError);
  });
});

describe('addresses of webhooks', () => {
  it.each(['8.8.8.8', '192.0.1.255', '2606:4700::1111', '2a00:1450:4001::1'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1'],
    ...['169.254.169.254', '100.64.0.1', '192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1'],
    ...['224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '64:ff9b:1::1', '100::1', 'fc00::1'],
    ...['fd12:3456::1', 'fe80::1', 'fec0::1', 'ff02::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1'],
    ...['5f00::1', 'localhost', ''],
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  const rules = { allowsInternal: false };
  it.each([
    ['http://hooks.example/', 'badUrl'],
    ['ftp://hooks.example/', 'badUrl'],
    ['file:///etc/passwd', 'badUrl'],
    ['https://user:password@hooks.example/', 'badUrl'],
    ['no url', 'badUrl'],
    [`https://hooks.example/${'x'.repeat(2_000)}`, 'badUrl'],
    ['https://127.0.0.1/', 'noPublicAddress'],
    ['https://2130706433/', 'noPublicAddress'],
    ['https://0x7f.1/', 'noPublicAddress'],
    ['https://[::1]:8443/', 'noPublicAddress'],
    ['https://[::ffff:7f00:1]/', 'noPublicAddress'],
    ['https://169.254.169.254/latest/meta-data', 'noPublicAddress'],
  ])('%s is refused before any look-up', (url, code) => {
    expect(() => parseWebhookUrl(url, rules)).toThrow(expect.objectContaining({ code }));
  });

  it('are refused after the look-up when any of them is internal', async () => {
    const find = (...addresses: readonly string[]) =>
      findTarget('https://hooks.example/x', async () => addresses, rules);
    expect(await find('8.8.8.8', '2606:4700::1111')).toMatchObject({ address: '8.8.8.8', host: 'hooks.example' });
    for (const addresses of [['10.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['8.8.8.8', '::1']])
      expect(await codeOf(find(...addresses))).toBe('noPublicAddress');
    // The message is shown to the owner of the watch, who must not look up names of internal zones.
    await expect(find('10.0.0.1')).rejects.toThrow(/^(?!.*10\.0\.0\.1)/);
    expect(await codeOf(find())).toBe('noPublicAddress');
    const failing = findTarget('https://hooks.example/', () => Promise.reject(new Error('SERVFAIL')), rules);
    expect(await codeOf(failing)).toBe('noPublicAddress');
  });
});

describe('WebhookSender', () => {
  const servers: Server[] = [];
  const secret = generateWebhookSecret();
  const never = new AbortController().signal;
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const listen = async (listener: RequestListener): Promise<number> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const sender = (allowsInternal = true): WebhookSender =>
    new WebhookSender({ allowsInternal }, { clock: systemClock, resolve: async () => ['127.0.0.1'] });
  const messageTo = (url: string) => ({ url, secret, id: 'msg_1', body: '{"type":"watch.test","é":1}' });

  it('connects to the address that was checked, with the name of the URL, and signs what it sends', async () => {
    const received: { readonly host: string | undefined; readonly verified: unknown }[] = [];
    const port = await listen((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { host, 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = request.headers;
        const headers = {
          'webhook-id': String(id),
          'webhook-timestamp': String(time),
          'webhook-signature': String(signature),
        };
        const verified = new Webhook(secret).verify(Buffer.concat(chunks).toString(), headers);
        received.push({ host, verified });
        response.writeHead(204).end();
      });
    });
    const url = `http://rebound.example:${port}/hook?a=1`;
    expect(await sender().send(messageTo(url), never)).toBe(204);
    expect(received).toEqual([{ host: `rebound.example:${port}`, verified: { type: 'watch.test', é: 1 } }]);
  });

  it('sends nothing to an internal address', async () => {
    let requests = 0;
    const port = await listen((_, response) => {
      requests++;
      response.end();
    });
    expect(await codeOf(sender(false).send(messageTo(`https://rebound.example:${port}/`), never))).toBe(
      'noPublicAddress',
    );
    expect(requests).toBe(0);
  });

  it('follows no redirect', async () => {
    const paths: (string | undefined)[] = [];
    const port = await listen(({ url }, response) => {
      paths.push(url);
      response.writeHead(307, { location: '/other' }).end();
    });
    expect(await sender().send(messageTo(`http://127.0.0.1:${port}/first`), never)).toBe(307);
    expect(paths).toEqual(['/first']);
  });

  it('does not read an answer without end', async () => {
    const port = await listen((_, response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', write).on('error', () => undefined);
      write();
    });
    expect(await sender().send(messageTo(`http://127.0.0.1:${port}/`), never)).toBe(200);
  });

  it('gives up an answer that does not come in time, and headers that are too large', async () => {
    const clock = new ManualClock();
    let hasArrived: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      hasArrived = resolve;
    });
    const silent = await listen(() => hasArrived());
    const slow = new WebhookSender({ allowsInternal: true }, { clock });
    const sending = codeOf(slow.send(messageTo(`http://127.0.0.1:${silent}/`), never));
    await arrived;
    await clock.advance(10_000);
    expect(await sending).toBe('timeout');
    const large = await listen((_, response) => response.writeHead(200, { 'x-large': 'x'.repeat(10_000) }).end());
    expect(await codeOf(sender().send(messageTo(`http://127.0.0.1:${large}/`), never))).toBe('unreachable');
  });

  it('gives up a look-up that does not end in time, and ends when the controller stops', async () => {
    const clock = new ManualClock();
    const stuck = new WebhookSender({ allowsInternal: false }, { clock, resolve: () => new Promise(() => undefined) });
    const late = codeOf(stuck.send(messageTo('https://hooks.example/'), never));
    await clock.advance(10_000);
    expect(await late).toBe('timeout');
    const stopping = new AbortController();
    const stopped = codeOf(stuck.send(messageTo('https://hooks.example/'), stopping.signal));
    stopping.abort();
    expect(await stopped).toBe('unreachable');
  });

  it('sends nothing to a server with which it cannot agree on TLS', async () => {
    const server = createTlsServer({}, (_, response) => response.end()).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await codeOf(sender().send(messageTo(`https://hooks.example:${port}/`), never))).toBe('unreachable');
  });
});
