import { AgentError } from '@revtr/agent';
import { readArguments } from '@revtr/agent/arguments';
import { parseConfig } from '@revtr/agent/config';
import { readSettings } from '@revtr/controller';
import { ZodError, z } from 'zod';
import { bytesOf, jsonBytes, type Target, textOf } from '../target.ts';

const isAgentError = (error: unknown): boolean => error instanceof AgentError;
const PLVP = `environment:
  debug: true
local:
  host: controller.example.net
  port: 4380
  interface: eth0
  pprofaddr: 127.0.0.1:55557
  testnetworks: [10.0.0.0/8, 192.168.0.0/16]
scamper:
  rate: 100
  inbound: false
  binpath: scamper
`;

/** The file plvp.config. */
export const agentConfig = (): Target => ({
  form: 'bytes',
  seeds: [
    bytesOf(PLVP),
    bytesOf('{local: {host: a}, scamper: }'),
    bytesOf('a: &a [*a, *a]\n'),
    bytesOf('? !!map {}\n'),
  ],
  words: [
    '&a ',
    '*a',
    '<<: ',
    '!!',
    '!!binary ',
    '!!set',
    '---\n',
    '...\n',
    '|+2\n',
    '>-\n',
    '? ',
    ': ',
    '- ',
    '%YAML 1.1',
  ],
  isExpected: isAgentError,
  run: (input) => void parseConfig(textOf(input), 'plvp.config'),
});

const environmentSchema = z.record(z.string(), z.string());

/** The environment variables of an agent. */
export const agentEnvironment = (): Target => ({
  form: 'json',
  seeds: [
    jsonBytes({ REVTR_AGENT_SCAMPER_RATE: '200', REVTR_AGENT_LOCAL_HOST: 'a', REVTR_AGENT_ENVIRONMENT_DEBUG: 'true' }),
    jsonBytes({ REVTR_AGENT_LOCAL_TESTNETWORKS: '[10.0.0.0/8]', REVTR_AGENT_: '', REVTR_AGENT_LOCAL: '{' }),
  ],
  words: ['REVTR_AGENT_', '_'],
  isExpected: isAgentError,
  run: (input) => {
    const environment = environmentSchema.safeParse(parsedJson(input));
    if (environment.success) parseConfig(PLVP, 'plvp.config', environment.data);
  },
});

/** The command line of an agent: one argument per line. */
export const agentArguments = (): Target => ({
  form: 'bytes',
  seeds: [bytesOf('root.crt\nplvp.config\n-loglevel\ndebug'), bytesOf('--loglevel=info\nplvp.config'), bytesOf('-h')],
  isExpected: isAgentError,
  run: (input) => void readArguments(textOf(input).split('\n')),
});

/** The environment variables of the controller. */
export const settings = (): Target => ({
  form: 'json',
  seeds: [
    jsonBytes({ REVTR_PORT: '8080', REVTR_TRUST_PROXY: '10.0.0.0/8,192.0.2.1', REVTR_TEST_TARGETS: '192.0.2.1' }),
    jsonBytes({ REVTR_RIPE_ATLAS_URL: 'https://atlas.ripe.net/api/v2/', REVTR_RIPE_ATLAS_KEY: 'k' }),
    jsonBytes({
      REVTR_SMTP: 'smtp://u:p@host:587',
      REVTR_PUBLIC_URL: 'https://a',
      REVTR_OPERATOR_EMAIL: 'a@b.example',
    }),
    jsonBytes({ REVTR_TEST_NETWORKS: '10.0.0.0/8', REVTR_RETEST_HOURS: '6', REVTR_CONCURRENCY: '5' }),
  ],
  isExpected: (error) => error instanceof ZodError,
  run: (input) => {
    const environment = environmentSchema.safeParse(parsedJson(input));
    if (environment.success) readSettings(environment.data);
  },
});

function parsedJson(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input));
  } catch {
    return undefined;
  }
}
