// What a contender's process can be asked to do.
import { openFlood, openKeyed, openMemory } from './keyed-tasks.js';
import { openSpeed } from './speed-task.js';
import { openBoundary, openFast, openMonth, openPoll } from './truth-tasks.js';

/** Makes ready; the function returned does the task once, as often as it is called. */
export type OpenTask = (
  contender: string,
  options: object,
) => (() => unknown) | Promise<() => unknown>;

export const tasks: Readonly<Record<string, OpenTask | undefined>> = {
  speed: openSpeed,
  keyed: openKeyed,
  memory: openMemory,
  flood: openFlood,
  boundary: openBoundary,
  fast: openFast,
  month: openMonth,
  poll: openPoll,
};
