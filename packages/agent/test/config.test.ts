import { describe, expect, it } from 'vitest';
import { readArguments } from '../src/config/arguments.ts';
import { parseConfig } from '../src/config/load.ts';
import { AgentError } from '../src/errors.ts';

const GUIDE = `
environment:
  debug: true
local:
  host: controller.example
  port: 4380
  pprofaddr: ":55557"
  startscamp: true
  rootca: /root.crt
  interface: net1
scamper:
  host: controller.example
  binpath: /usr/local/bin/scamper
  port: 4381
  rate: 300
  cafile: /root.crt
`;

describe('the configuration', () => {
  it('knows every key of the original', () => {
    const { controller, local, scamper, environment } = parseConfig(GUIDE, 'plvp.config');
    expect({ controller, environment }).toEqual({ controller: 'controller.example', environment: { debug: true } });
    expect(local).toMatchObject({ port: 4380, interface: 'net1', senderonly: false, pprofaddr: ':55557' });
    expect(scamper).toMatchObject({ rate: 300, port: 4381, binpath: '/usr/local/bin/scamper' });
  });

  it('needs only the name of the controller', () => {
    expect(parseConfig('scamper: {host: c.example}', 'f')).toMatchObject({
      controller: 'c.example',
      scamper: { rate: 100 },
      local: { port: 4380 },
    });
  });

  it('is overridden by the environment', () => {
    const environment = { REVTR_AGENT_SCAMPER_RATE: '50', REVTR_AGENT_LOCAL_INTERFACE: 'eth7', HOME: '/x' };
    const { scamper, local } = parseConfig(GUIDE, 'f', environment);
    expect([scamper.rate, local.interface]).toEqual([50, 'eth7']);
  });

  it.each([
    ['no controller', 'local: {}', 'local.host'],
    ['a rate that is no number', 'local: {host: c}\nscamper: {rate: fast}', 'scamper.rate'],
    ['a rate beyond what scamper can', 'local: {host: c}\nscamper: {rate: 20000}', 'scamper.rate'],
    ['a port that is none', 'local: {host: c, port: 70000}', 'local.port'],
    ['a misspelt key', 'local: {host: c, interfase: eth0}', 'local.interfase'],
    ['an unknown section', 'local: {host: c}\nextra: {a: 1}', 'extra'],
    ['a bad metrics address', 'local: {host: c, pprofaddr: "nowhere"}', 'local.pprofaddr'],
    ['a bad test network', 'local: {host: c, testnetworks: ["10.0.0.1/8"]}', 'local.testnetworks.0'],
    ['broken YAML', 'local: [', 'plvp.config'],
    ['no sections', 'just text', 'plvp.config'],
    ['an alias of itself', 'local: &a [*a]', 'plvp.config'],
    ['an alias without an anchor', 'local: *a', 'plvp.config'],
  ])('with %s is refused, with the place', (_, text, place) => {
    try {
      parseConfig(text, 'plvp.config');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(AgentError);
      expect(String(error)).toContain(place);
    }
  });
});

describe('an environment variable', () => {
  it.each(['{', '"', '*a', 'a: b: c'])('with the value %s is refused, with its name', (value) => {
    const parse = () => parseConfig('local: {host: c}', 'plvp.config', { REVTR_AGENT_LOCAL_PORT: value });
    expect(parse).toThrow(AgentError);
    expect(parse).toThrow('REVTR_AGENT_LOCAL_PORT');
  });
});

describe('the command line', () => {
  it('is the one of the guide', () => {
    expect(readArguments(['/root.crt', '/plvp.config', '-loglevel', 'debug'])).toMatchObject({
      rootCertificate: '/root.crt',
      config: '/plvp.config',
      logLevel: 'debug',
    });
    expect(readArguments(['--loglevel=warn', '/plvp.config'])).toMatchObject({
      logLevel: 'warn',
      rootCertificate: undefined,
    });
    expect(readArguments(['-h']).isHelpWanted).toBe(true);
  });

  it.each([
    [[]],
    [['a', 'b', 'c']],
    [['a', 'b', '-nonsense']],
    [['a', 'b', '-loglevel', 'loud']],
    [['a', 'b', '-loglevel']],
  ])('refuses %j', (args) => {
    expect(() => readArguments(args)).toThrow(AgentError);
  });
});
