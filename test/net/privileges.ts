// Programs with less privilege than the tests have.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { cli } from './tools.js';

const ofNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

/**
 * The beginning of a command that runs the rest as user nobody, or as root where nobody may not read this checkout, with
 * these capabilities alone.
 *
 * @param capabilities - as setpriv has them: `,+net_raw`; none by default
 */
export function withCapabilities(capabilities = ''): string[] {
  const sets = ['--inh-caps', '--ambient-caps', '--bounding-set'];
  const limits = sets.flatMap((set) => [set, `-all${capabilities}`]);
  const [command = '', ...rest] = ofNobody;
  try {
    accessSync(cli, constants.R_OK);
    execFileSync(command, [...rest, process.execPath, cli, '--version'], { stdio: 'ignore' });
    return [...ofNobody, ...limits];
  } catch {
    return ['setpriv', ...limits];
  }
}
