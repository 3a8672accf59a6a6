import { z } from 'zod';
import { median } from '../../statistics/quantiles.ts';

/** The goal: no frame takes longer. */
const LONG_FRAME_MS = 50;
/** How far each frame scrolls: about as fast as somebody who drags the scroll bar through a batch in ten seconds. */
const STEP_PX = 600;

/** What was seen while a page was scrolled. */
export const scrollSchema = z.object({
  /** Time between successive frames, milliseconds. */
  frames: z.array(z.number()),
  /** Durations of tasks of the main thread above 50 ms (Long Tasks API of the W3C), milliseconds. */
  longTasks: z.array(z.number()),
});

/** Scrolls a page to its end, and waits for each frame: code for the page. */
export const SCROLL = `new Promise((resolve) => {
  const longTasks = [];
  const observer = new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: 'longtask' });
  const frames = [];
  let last;
  const step = (now) => {
    if (last !== undefined) frames.push(now - last);
    last = now;
    if (window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 1) {
      setTimeout(() => resolve({ frames, longTasks }), 200);
      return;
    }
    window.scrollBy(0, ${STEP_PX});
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;

/** What was seen in one round, and the processor time of the main thread, milliseconds. */
type Round = z.infer<typeof scrollSchema> & { readonly processorMs: number };

/** Figures of several rounds: medians of the rounds. */
export function scrollFigures(rounds: readonly Round[]) {
  const over = (figure: (round: Round) => number): number => Math.round(100 * median(rounds.map(figure))) / 100;
  return {
    frames: over(({ frames }) => frames.length),
    medianFrameMs: over(({ frames }) => median(frames)),
    longestFrameMs: over(({ frames }) => Math.max(...frames)),
    percentOfFramesAbove50ms: over(
      ({ frames }) => (100 * frames.filter((ms) => ms > LONG_FRAME_MS).length) / frames.length,
    ),
    tasksAbove50ms: over(({ longTasks }) => longTasks.length),
    processorMsPerFrame: over(({ frames, processorMs }) => processorMs / frames.length),
  };
}
