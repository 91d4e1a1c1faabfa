// What the programs of this folder send: a UDP datagram from and to this host, as the raw IP backend takes it.

/** Its IP checksum is filled in by the kernel; its UDP checksum is 0, none. */
export function datagram(port = 9) {
  const packet = Buffer.alloc(32);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(17, 9);
  packet.set([127, 0, 0, 1], 12);
  packet.set([127, 0, 0, 1], 16);
  packet.writeUInt16BE(4000, 20);
  packet.writeUInt16BE(port, 22);
  packet.writeUInt16BE(packet.length - 20, 24);
  return packet;
}

/** More than is ever sent. */
export const ENDLESS = { template: datagram(), vary: 'none', count: 1e12 };

/** Threads of this process that send. */
export async function sendingThreads() {
  const { readdir, readFile } = await import('node:fs/promises');
  const names = await Promise.all(
    (await readdir('/proc/self/task')).map((id) =>
      readFile(`/proc/self/task/${id}/comm`, 'utf8').catch(() => ''),
    ),
  );
  return names.filter((name) => name.trim() === 'pacegate-send').length;
}

/** Sockets of this process that the kernel knows of as raw ones. */
export async function rawSockets() {
  const { readFile } = await import('node:fs/promises');
  const tables = await Promise.all(
    ['raw', 'raw6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')),
  );
  return tables.reduce((sum, text) => sum + text.trim().split('\n').length - 1, 0);
}
