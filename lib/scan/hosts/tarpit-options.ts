// Targets that answer "open" for every port.

import { checkNumber, checkOptions, invalidArgument } from '../../internal/check.js';
import { InvalidArgumentError } from '../../internal/errors.js';

/** When a target counts as a tarpit, and what follows. */
export interface TarpitOptions {
  /** `warn`, the default, names it (warning `tarpit`); `skip` leaves its remaining ports alone as well. */
  action?: 'warn' | 'skip';
  /** A target is one when more than `openPorts` of every `probedPorts` probed are open; default 50. */
  openPorts?: number;
  /** It is judged from so many probed ports on, default 64: a scan of fewer ports names none. */
  probedPorts?: number;
}

/** {@link TarpitOptions} checked; `probed` 0: not looked for. */
export interface TarpitSettings {
  readonly open: number;
  readonly probed: number;
  readonly isSkipped: boolean;
}

const USUAL: TarpitSettings = { open: 50, probed: 64, isSkipped: false };
const PORTS = { min: 1, max: 65_536, integer: true } as const;

/** Of a scan that looks for none. */
export const NO_TARPIT: TarpitSettings = { open: 0, probed: 0, isSkipped: false };

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) */
export function checkTarpit(value: unknown, hasHostgroup: boolean): TarpitSettings {
  if (value === undefined) return hasHostgroup ? USUAL : NO_TARPIT;
  if (value === 'off') return NO_TARPIT;
  const given = typeof value === 'string' ? { action: value } : value;
  const {
    action = 'warn',
    openPorts = USUAL.open,
    probedPorts = USUAL.probed,
  } = checkOptions('tarpit', given, ['action', 'openPorts', 'probedPorts']);
  if (action !== 'warn' && action !== 'skip')
    throw invalidArgument('tarpit', action, 'one of warn, skip, off');
  const open = checkNumber('tarpit.openPorts', openPorts, PORTS);
  const probed = checkNumber('tarpit.probedPorts', probedPorts, PORTS);
  if (open < probed) return { open, probed, isSkipped: action === 'skip' };
  throw new InvalidArgumentError(
    `tarpit.openPorts must be less than tarpit.probedPorts (${probed}), not ${open}`,
  );
}
