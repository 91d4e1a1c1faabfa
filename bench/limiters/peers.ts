// The other limiters.
import { PeerFolder } from '../peer-folder.js';

const folder = new PeerFolder('peers', ['@hyperlimit/core']);

export const installPeers = (): Promise<string | undefined> => folder.install();
export const missing = (peer: string): string | undefined => folder.missing(peer);
export const peerVersions = (): Record<string, string> => folder.versions();
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the shape where it is loaded
export const peer = <Module>(name: string): Module => folder.load<Module>(name);
