import { describe, expect, it } from 'vitest';
import { ReceivedBundles } from '../src/streams/bundle-marks.ts';

describe('the bundles of other processes', () => {
  it('are complete when their numbers follow each other, also in a new series', () => {
    const received = new ReceivedBundles();
    expect(received.noteArrived('a', { series: 0, number: 1 })).toBe(true);
    expect(received.noteLast('a', { series: 0, number: 1 })).toBe(true);
    expect(received.noteArrived('a', { series: 1, number: 1 })).toBe(true);
    expect(received.noteArrived('a', { series: 1, number: 3 })).toBe(false);
    expect(received.noteLast('a', { series: 1, number: 4 })).toBe(false);
    expect(received.noteArrived('a', { series: 2, number: 2 })).toBe(false);
  });

  it('may have any number once after the connection was lost, if the process was known before', () => {
    const received = new ReceivedBundles();
    expect(received.noteArrived('known', { series: 0, number: 1 })).toBe(true);
    received.restart();
    received.restart();
    expect(received.noteArrived('known', { series: 0, number: 7 })).toBe(true);
    expect(received.noteArrived('known', { series: 0, number: 9 })).toBe(false);
    expect(received.noteArrived('new', { series: 0, number: 2 })).toBe(false);
    expect(received.noteLast('another', { series: 0, number: 1 })).toBe(false);
  });
});
