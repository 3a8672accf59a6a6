import { describe, expect, it } from 'vitest';
import { toConnectError } from '../../src/api/original/grpc/to-connect-error.ts';
import { cutText } from '../../src/foundation/cut-text.ts';
import { ControllerError } from '../../src/foundation/errors.ts';
import { BadRequestSchema } from '../../src/grpc/generated/google/rpc/error_details_pb.ts';

const connectErrorOf = (message: string, size: number) => {
  const places = Array.from({ length: size }, (_, i) => ({
    ...{
      at: `revtrs[${i}].dst`,
      code: 'privateUse',
      message: `${'x'.repeat(i === 0 ? 10_000 : 0)}10.0.0.1 is not probed`,
    },
  }));
  const error = toConnectError(new ControllerError('invalidPairs', message, { places }), () => undefined);
  return {
    text: error.rawMessage,
    places: error.findDetails(BadRequestSchema).flatMap((each) => each.fieldViolations),
  };
};

describe('an error of gRPC', () => {
  it('lists 20 places, and says how many there are', () => {
    const { text, places } = connectErrorOf('no pair can be measured', 20_000);
    expect(text).toBe('no pair can be measured; the details list the first 20 of 20000 places');
    expect(places.map(({ field }) => field)).toEqual(Array.from({ length: 20 }, (_, i) => `revtrs[${i}].dst`));
    expect(places[0].description).toBe(`${'x'.repeat(200)}…`);
    expect(connectErrorOf('no', 20)).toMatchObject({ text: 'no', places: { length: 20 } });
  });

  it('has a message of at most a kibibyte', () => {
    expect(connectErrorOf('ä'.repeat(100_000), 1).text).toBe(`${'ä'.repeat(512)}…`);
  });

  it('is cut between characters', () => {
    expect(cutText('ä😀', 6)).toBe('ä😀');
    expect(cutText('ä😀', 5)).toBe('ä…');
    expect(cutText('😀😀', 5)).toBe('😀…');
    expect(cutText('äää', 3)).toBe('ä…');
  });
});
