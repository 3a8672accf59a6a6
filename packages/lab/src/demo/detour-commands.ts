import { createInterface } from 'node:readline/promises';
import type { Measurement } from '@revtr/client';
import { untilAborted } from '@revtr/probing';
import type { SimulatedWorld } from '../world/simulated-world.ts';
import type { System } from '../world/system.ts';
import { announceWithPrepends, DETOUR, measureDetour, renewAtlas } from './detour.ts';

/** Changes the announcement of the detour's network while the demo runs, and shows what that does to the path. */
export class DetourCommands {
  readonly #world: SimulatedWorld;
  readonly #system: System;
  readonly #ripeKey: string | undefined;
  readonly #isPaced: boolean;
  readonly #say: (message: string) => void;
  readonly #show: (measurement: Measurement) => void;

  constructor(
    world: SimulatedWorld,
    system: System,
    parts: {
      /** Key for RIPE Atlas. Default: the atlas has traceroutes of vantage points only. */
      readonly ripeKey?: string | undefined;
      /** Whether virtual time follows real time after a change, as it does while the demo runs. */
      readonly isPaced: boolean;
      readonly say: (message: string) => void;
      readonly show: (measurement: Measurement) => void;
    },
  ) {
    this.#world = world;
    this.#system = system;
    this.#ripeKey = parts.ripeKey;
    this.#isPaced = parts.isPaced;
    this.#say = parts.say;
    this.#show = parts.show;
  }

  /** Changes the number of prepends, replaces the atlas, and measures again. */
  async change(prepends: number): Promise<void> {
    const { internet } = this.#world;
    this.#say(`AS${DETOUR.network} announces itself to AS${DETOUR.provider} with ${prepends} prepended AS numbers`);
    announceWithPrepends(internet, prepends);
    this.#say('replacing the atlas, whose traceroutes are from before the change');
    if (this.#isPaced) internet.clock.unpace();
    await renewAtlas(this.#system, this.#ripeKey);
    if (this.#isPaced) internet.clock.pace();
    this.#show(await measureDetour(this.#system));
  }

  /** Reads the command `prepend N` from the lines of `input`, until `signal` fires. */
  async follow(input: NodeJS.ReadableStream, signal: AbortSignal): Promise<void> {
    this.#say(`type "prepend 0" and press Enter to stop prepending, "prepend ${DETOUR.prepends}" to begin again`);
    const lines = createInterface({ input, signal });
    for await (const line of lines) {
      const count = /^\s*prepend (\d)\s*$/.exec(line)?.[1];
      if (count === undefined) this.#say('the only command is "prepend N", with N from 0 to 9');
      else await this.change(Number(count));
    }
    // The demo goes on when nobody can type.
    await untilAborted(signal);
  }
}
