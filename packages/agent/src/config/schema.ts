import { type Prefix, parsePrefix } from '@revtr/net';
import { z } from 'zod';

const port = z.int('must be a whole number').min(1, 'must be 1 to 65535').max(65_535, 'must be 1 to 65535');
const prefix = z.string().transform((text, context): Prefix => {
  try {
    return parsePrefix(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

const listenAddress = z
  .string()
  .regex(/^([^\s:]*:\d{1,5})?$/, 'must be ADDRESS:PORT, :PORT for all addresses, or empty for none')
  .refine((text) => Number(text.split(':')[1] ?? 0) <= 65_535, 'the port must be at most 65535');

/** The file `plvp.config`, with the names that hosts of sources know. */
export const configSchema = z.strictObject({
  environment: z
    .strictObject({
      /** Logs everything, as `-loglevel debug` does. */
      debug: z.boolean().default(false),
    })
    .prefault({}),
  local: z
    .strictObject({
      /** Host name or address of the controller. */
      host: z.string().min(1).optional(),
      /** Port on which the controller awaits agents. */
      port: port.default(4380),
      /** Where metrics are served, for Prometheus: `ADDRESS:PORT`; empty for nowhere. */
      pprofaddr: listenAddress.default('127.0.0.1:55557'),
      /** Whether the agent starts scamper; without it, it only receives. */
      startscamp: z.boolean().default(true),
      /** File with the controller's root certificate, when it is not given as an argument. */
      rootca: z.string().optional(),
      /** Interface on which replies arrive. Default: any. */
      interface: z.string().min(1).optional(),
      /** Whether the agent only sends and never receives spoofed replies. */
      senderonly: z.boolean().default(false),
      /** Directory that keeps the agent's key and certificate. */
      identity: z.string().min(1).default('/var/lib/revtr'),
      /** Private ranges that may be probed all the same, in a network made for tests. */
      testnetworks: z.array(prefix).default([]),
    })
    .prefault({}),
  scamper: z
    .strictObject({
      /** The controller, when `local.host` does not name it. */
      host: z.string().min(1).optional(),
      /** Program to run. */
      binpath: z.string().min(1).default('scamper'),
      /** Port on which the controller may connect to the agent, when `scamper.inbound` is set. */
      port: port.default(4381),
      /** Whether the agent awaits the controller on `scamper.port`; it then dials it no more than to enrol. */
      inbound: z.boolean().default(false),
      /** Most packets a second. */
      rate: z
        .int('must be a whole number of packets a second')
        .min(1, 'must be 1 to 10000 packets a second')
        .max(10_000, 'must be 1 to 10000 packets a second')
        .default(100),
      /** File with the controller's root certificate, as `local.rootca`. */
      cafile: z.string().optional(),
    })
    .prefault({}),
});
type ConfigFile = z.infer<typeof configSchema>;

/** What an agent is told to do. */
export interface AgentConfig extends ConfigFile {
  /** Host name or address of the controller. */
  readonly controller: string;
}
