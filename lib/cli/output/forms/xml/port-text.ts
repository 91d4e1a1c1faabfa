// Ports as nmap writes many of them.

/** `22,80,8000-8010` for ports in ascending order. */
export function portText(ports: Iterable<number>): string {
  const spans: [number, number][] = [];
  for (const port of ports) {
    const last = spans.at(-1);
    if (last !== undefined && port === last[1] + 1) last[1] = port;
    else spans.push([port, port]);
  }
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
