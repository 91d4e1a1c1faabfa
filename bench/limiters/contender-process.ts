// The program in which one contender does one task: started by pool.ts with an Assignment, asked by messages.
import type { Answer, Assignment } from './pool.js';
import { tasks } from './tasks.js';

const assignment = JSON.parse(process.argv[2] ?? '{}') as Assignment;
const open = tasks[assignment.task];
if (open === undefined) throw new Error(`no task called ${assignment.task}`);

let run: (() => unknown) | undefined;

async function answer(): Promise<Answer> {
  try {
    run ??= await open?.(assignment.contender, assignment.options);
    return { result: await run?.() };
  } catch (error) {
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', () => {
  void answer().then((message) => process.send?.(message));
});
