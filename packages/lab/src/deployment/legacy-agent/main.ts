/**
 * Behaves like the agent of revtr 2.0 (`plvp`): runs `scamper -R` and starts it again when it ends, reads echo replies from a raw ICMP socket, and
 * reports those with the sequence number of spoofed probes to `PLController.AcceptProbes`, once a second.
 *
 * Arguments: host of the controller, ports of scamper and of gRPC, file with the root certificate, name in the certificate, address of this host.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { PacketSocket, PollLoop } from '@revtr/linux';
import { ICMP, parseIpv4 } from '@revtr/net';
import { z } from 'zod';
import { reportOf } from './report.ts';

const REPORT_MS = 1_000;
const DEADLINE_MS = 2_000;
const RESTART_MS = 2_000;
const PACKETS_PER_SECOND = '1000';

const [host, scamperPort, grpcPort, rootFile, name, address] = z
  .tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.string()])
  .parse(process.argv.slice(2));
const say = (message: string): void => void process.stdout.write(`${message}\n`);

function startScamper(): void {
  const scamper = spawn('scamper', ['-R', `${host}:${scamperPort}`, '-p', PACKETS_PER_SECOND], { stdio: 'inherit' });
  const end = (): void => void scamper.kill();
  process.once('exit', end);
  scamper.once('exit', () => {
    process.off('exit', end);
    say('scamper ended');
    setTimeout(startScamper, RESTART_MS);
  });
}
startScamper();

const proto = fileURLToPath(import.meta.resolve('@revtr/controller/plcontroller.proto'));
const definition = z
  .object({ pb: z.object({ PLController: z.custom<ClientConstructor>((value) => typeof value === 'function') }) })
  .parse(loadPackageDefinition(loadSync(proto, { keepCase: true })));
type Call = (
  request: { readonly probes: readonly object[] },
  options: { readonly deadline: number },
  done: (error: Error | null) => void,
) => void;
type ClientConstructor = new (
  target: string,
  channel: ReturnType<typeof credentials.createSsl>,
  options: object,
) => { readonly AcceptProbes: Call };
const client = new definition.pb.PLController(`${host}:${grpcPort}`, credentials.createSsl(readFileSync(rootFile)), {
  'grpc.ssl_target_name_override': name,
  'grpc.default_authority': name,
});

let reports: object[] = [];
const socket = PacketSocket.openRaw({ icmpType: ICMP.echoReply });
const own = parseIpv4(address);
const take = (packet: Uint8Array): void => {
  const report = reportOf(packet);
  if (report?.dst === own) reports.push(report);
};
new PollLoop([{ read: () => socket.drain(take), isWanted: () => false }]).start();

setInterval(() => {
  if (reports.length === 0) return;
  const probes = reports;
  reports = [];
  client.AcceptProbes({ probes }, { deadline: Date.now() + DEADLINE_MS }, (error) => {
    say(error === null ? `reported ${probes.length}` : `could not report: ${error.message}`);
  });
}, REPORT_MS);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
