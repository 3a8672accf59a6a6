import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';

const TYPES = { 1: 'A', 12: 'PTR', 16: 'TXT' } as const;
type Type = (typeof TYPES)[keyof typeof TYPES];

/** Records by type and name, for instance `TXT 2.0.192.in-addr.arpa`. Values are answers, or the bytes of a whole message. */
export type Zone = Map<string, readonly string[] | Uint8Array | 'silence'>;

/** A name server on the loopback interface, and a resolver of Node that asks it. */
export async function startNameServer({ host = '127.0.0.1', port = 0 } = {}): Promise<{
  readonly zone: Zone;
  readonly resolver: Resolver;
  /** Questions so far, as in {@link Zone}. */
  readonly asked: string[];
  stop(): Promise<void>;
}> {
  const zone: Zone = new Map();
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query);
    const number = query.readUInt16BE(end);
    const type: Type | 'other' = TYPES[number as keyof typeof TYPES] ?? 'other';
    asked.push(`${type} ${name}`);
    const answer = zone.get(`${type} ${name}`) ?? [];
    if (answer === 'silence') return;
    socket.send(
      answer instanceof Uint8Array ? withId(answer, query) : respond(query, end + 4, type, answer),
      port,
      address,
    );
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([`${host}:${socket.address().port}`]);
  return {
    zone,
    resolver,
    asked,
    stop: async () => {
      resolver.cancel();
      socket.close();
      await once(socket, 'close');
    },
  };
}

function readName(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  while (query[at] !== 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    at += 1 + query[at];
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** A response (RFC 1035 section 4): the question, and one record for each answer, or NXDOMAIN. */
function respond(query: Buffer, end: number, type: Type | 'other', answers: readonly string[]): Buffer {
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(answers.length === 0 ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  const records = answers.map((answer) => {
    const data = DATA[type](answer);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    query.copy(record, 2, end - 4, end - 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(1, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([header, query.subarray(12, end), ...records]);
}

const withId = (message: Uint8Array, query: Buffer): Buffer =>
  Buffer.concat([query.subarray(0, 2), message.subarray(2)]);

/** Character strings of at most 255 bytes. */
const texts = (text: string): Buffer =>
  Buffer.concat(
    (text.match(/[\s\S]{1,255}/g) ?? ['']).map((part) => Buffer.from([part.length, ...Buffer.from(part, 'latin1')])),
  );

const addressBytes = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);

const DATA = { A: addressBytes, PTR: nameBytes, TXT: texts, other: texts };
