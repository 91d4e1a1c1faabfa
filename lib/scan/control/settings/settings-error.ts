import { InvalidArgumentError } from '../../../internal/errors.js';

/**
 * Settings that are wrong: all of them, not only the first.
 *
 * Its `code` is `ERR_PACEGATE_INVALID_ARGUMENT`.
 */
export class SettingsError extends InvalidArgumentError {
  override name = 'SettingsError';
  /** One sentence for each wrong setting: its name, its value, what would be right. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? '' : `${problems.length} settings are wrong: `;
    super(`${count}${problems.join('; ')}`);
    this.problems = problems;
  }
}
