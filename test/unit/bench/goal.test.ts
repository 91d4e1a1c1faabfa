import { describe, expect, it } from 'vitest';
import { goal, goalTable } from '../../../bench/report/goal.js';

describe('a goal of a bench', () => {
  it.each([
    [12, 'met'],
    [9, 'MISSED'],
    [undefined, 'not measured'],
    [Number.NaN, 'not measured'],
  ])('%s is %s', (measured, verdict) => {
    const text = goalTable([goal('speed', measured, { atLeast: 10 })]).join('\n');
    expect(text).toContain(verdict);
  });
});
