import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/index.ts';
import { portProblem } from '../src/settings/port-problem.ts';

const taken = (port: number) => Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', port });

describe('a port that cannot be opened', () => {
  const settings = readSettings({ REVTR_PORT: '8080', REVTR_HEALTH_PORT: '8081', REVTR_GATEWAY_PORT: '4380' });

  it.each([
    [8080, 'REVTR_PORT'],
    [8081, 'REVTR_HEALTH_PORT'],
    [4380, 'REVTR_GATEWAY_PORT'],
  ])('%i is explained by %s', (port, name) => {
    expect(portProblem(taken(port), settings)).toBe(
      `port ${port} is used by another program (EADDRINUSE): set ${name} to another port`,
    );
  });

  it('is not explained when no setting names it', () => {
    expect(portProblem(taken(1234), settings)).toBeUndefined();
    expect(portProblem(new Error('another error'), settings)).toBeUndefined();
  });
});
