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

/** Packets per second and per day for one destination. */
const rate = (perSecond: number, perDay: number) =>
  z
    .strictObject({
      persecond: z.number('must be a number').positive('must be positive').max(10_000).default(perSecond),
      perday: z.int('must be a whole number').min(1, 'must be at least 1').max(1_000_000_000).default(perDay),
    })
    .prefault({});

const listenAddress = z
  .string()
  .regex(/^([^\s:]*:\d{1,5})?$/, 'must be ADDRESS:PORT, :PORT for all addresses, or empty for none')
  .refine((text) => Number(text.split(':')[1] ?? 0) <= 65_535, 'the port must be at most 65535');

/** The file `plvp.config`. Its names are those of the original system, which hosts of sources know. */
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
      /** Port of the controller for agents. */
      port: port.default(4380),
      /** Where the agent serves metrics for Prometheus: `ADDRESS:PORT`; empty for nowhere. */
      pprofaddr: listenAddress.default('127.0.0.1:55557'),
      /** Where the agent serves `/.well-known/probing.txt` (RFC 9511): `ADDRESS:PORT`; empty for nowhere. */
      probingaddr: listenAddress.default(''),
      /** Whether the agent starts scamper. Without scamper it only receives. */
      startscamp: z.boolean().default(true),
      /** File with the controller's root certificate, when it is not given as an argument. */
      rootca: z.string().optional(),
      /** Interface on which replies arrive. Default: any. */
      interface: z.string().min(1).optional(),
      /** Whether the agent only sends and never receives spoofed replies. */
      senderonly: z.boolean().default(false),
      /** Directory that keeps the agent's key and certificate. */
      identity: z.string().min(1).default('/var/lib/revtr'),
      /** Private prefixes of a test network that the agent may probe. */
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
      /** Whether the agent accepts connections of the controller on `scamper.port`. It then connects only to enrol. */
      inbound: z.boolean().default(false),
      /** Most packets per second in total. */
      rate: z
        .int('must be a whole number of packets a second')
        .min(1, 'must be 1 to 10000 packets a second')
        .max(10_000, 'must be 1 to 10000 packets a second')
        .default(100),
      /** File with the controller's root certificate, as `local.rootca`. */
      cafile: z.string().optional(),
    })
    .prefault({}),
  /** What the agent sends to one destination at most, whatever the controller asks. */
  budget: z
    .strictObject({
      /** Each destination address: all packets, and those with IP options. */
      address: rate(10, 5_000),
      addressoptions: rate(5, 2_000),
      /** Each /24. */
      prefix: rate(50, 25_000),
      prefixoptions: rate(25, 10_000),
    })
    .prefault({}),
});
type ConfigFile = z.infer<typeof configSchema>;

/** The complete configuration of an agent. */
export interface AgentConfig extends ConfigFile {
  /** Host name or address of the controller. */
  readonly controller: string;
}
